/** Prompts that have their parts in common, for tests of what a model remembers and of whether it still answers the same. */

import { seededRandom } from '@mabeam/foundation'
import type { Prompt } from '../models/language-model.ts'

const words =
  'refund invoice charged twice app crashes screen blank quote seats price login password the my is a'.split(' ')
const values = ['billing', 'technical', 'sales', 'nobody']
const instructions = [
  'The team is one of: billing, technical, sales.\nWords that point to "billing": refund, invoice, price\nWords that point to "technical": crashes, screen, the password\nsummary: text',
  'The team is one of: billing, technical, sales.\nWords that point to "sales": quote, price, seats; summary: text',
]

/** Prompts that share instructions and demonstrations, as those that show each question its nearest ones do. */
export function sharedPrompts(seed: number, count: number): Prompt[] {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]) => from[random.int(from.length)] as T
  const text = (size: number) => Array.from({ length: size }, () => pick(words)).join(' ')
  const said = (role: 'user' | 'assistant', line: string) => ({
    role,
    content: [{ type: 'text' as const, text: line }],
  })
  const inputs = Array.from({ length: 12 }, () => text(6))
  const fields = ['team', 'reasoning, team', 'team, summary', 'team, reasoning, summary']
  return Array.from({ length: count }, () => {
    const shown = Array.from({ length: random.int(6) }, () => {
      const input = pick(inputs)
      const answer = `[[ ## team ## ]]\n${pick(values)}\n\n[[ ## summary ## ]]\n${input.split(' ')[1]}`
      return [said('user', `[[ ## text ## ]]\n${input}`), said('assistant', answer)]
    })
    const asked = pick(fields)
      .split(', ')
      .map((name) => `\`[[ ## ${name} ## ]]\``)
    const question = `[[ ## text ## ]]\n${pick(inputs)} ${text(2)}x\n\nRespond with ${asked.join(' and ')}.`
    return [{ role: 'system', content: pick(instructions) }, ...shown.flat(), said('user', question)]
  })
}
