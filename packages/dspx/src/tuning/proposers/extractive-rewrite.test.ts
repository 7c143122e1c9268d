import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Example } from '../../datasets/example.ts'
import { signature } from '../../signatures/signature.ts'
import type { RewriteContext, SeenStep } from '../proposer.ts'
import { extractiveProposer } from './extractive.ts'
import { readGuidance } from './guidance.ts'

const asked = signature('text -> team: "billing" | "tech", note', 'Route it.')
const topics = { billing: ['invoice', 'refund', 'charged'], tech: ['crash', 'login', 'screen'] }
const train = Array.from({ length: 24 }, (_, i): Example => {
  const team = i % 2 === 0 ? 'billing' : 'tech'
  const text = `${topics[team][i % 3]} and ${topics[team][(i + 1) % 3]} again`
  return { id: `${i}`, inputs: { text }, outputs: { team, note: text.split(' ').slice(0, 2).join(' ') } }
})
const rewrite = (changes: Partial<RewriteContext>) =>
  extractiveProposer({ wordsPerValue: [1, 2] }).rewrite({
    signature: asked as unknown as RewriteContext['signature'],
    train,
    random: seededRandom(1),
    tried: [{ instructions: 'Route it.', score: 0.3 }],
    seen: [],
    style: 'whole',
    count: 1,
    ...changes,
  })
const wrong = (text: string): SeenStep => {
  return { inputs: { text }, outputs: { team: 'tech' }, expected: { team: 'billing' }, score: 0 }
}

describe('the rewriting of the extractive proposer', () => {
  test('says which words point to which value where nothing says so, and what texts look like', async () => {
    const [first] = await rewrite({ seen: [wrong('charged')] })
    expect(first?.because).toBe('nothing said which words point to which team, and 1 of 1 rows failed')
    expect(readGuidance(first?.instructions ?? '').terms.get('team')?.size).toBe(2)
    expect(first?.instructions).toContain('Write note in 2 words, as they stand in the inputs.')
  })

  test('teaches what was mixed up: words of the row go to the right value and away from the wrong one', async () => {
    const present =
      'Route it.\n\nWords that point to team "billing": invoice.\nWords that point to team "tech": crash, charged.'
    for (let seed = 0; seed < 20; seed++) {
      const [made] = await rewrite({
        tried: [{ instructions: present, score: 0.5 }],
        seen: [wrong('charged twice')],
        style: 'rules',
        random: seededRandom(seed),
      })
      if (!made?.because.startsWith('1 of 1 rows were wrong: team "billing" was answered "tech"')) continue
      const { terms } = readGuidance(made.instructions)
      expect(terms.get('team')?.get('billing')).toContain('charged')
      expect(terms.get('team')?.get('tech')).not.toContain('charged')
      return
    }
    expect.unreachable('no seed taught anything')
  })

  test('gives at most as many as asked, each once and none that was tried', async () => {
    const first = await rewrite({ count: 4 })
    const texts = first.map(({ instructions }) => instructions)
    expect(texts.length).toBeGreaterThan(1)
    expect(texts.length).toBeLessThanOrEqual(4)
    expect(new Set(texts).size).toBe(texts.length)
    const tried = [
      { instructions: 'Route it.', score: 1 },
      ...texts.map((instructions) => ({ instructions, score: 0 })),
    ]
    for (const { instructions } of await rewrite({ count: 4, tried })) expect(texts).not.toContain(instructions)
  })

  test('says nothing where rows say nothing', async () => {
    const open = signature('text -> note', 'Note it.') as unknown as RewriteContext['signature']
    expect(await rewrite({ signature: open, train: [], tried: [{ instructions: 'Note it.', score: 0 }] })).toEqual([])
  })

  test('gives the same whatever it was asked before', async () => {
    const proposer = extractiveProposer()
    const context = {
      signature: asked as unknown as RewriteContext['signature'],
      train,
      tried: [{ instructions: 'Route it.', score: 0.3 }],
      seen: [],
      style: 'whole' as const,
      count: 3,
    }
    const alone = await proposer.rewrite({ ...context, random: seededRandom(5) })
    await proposer.rewrite({ ...context, random: seededRandom(6) })
    expect(await proposer.rewrite({ ...context, random: seededRandom(5) })).toEqual(alone)
  })
})
