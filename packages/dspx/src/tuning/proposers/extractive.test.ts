import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Example } from '../../datasets/example.ts'
import { signature } from '../../signatures/signature.ts'
import { describedValuesMax, extractiveProposer } from './extractive.ts'

const asked = signature('text -> team: "billing" | "tech", urgent: boolean, note', 'Route it.')
const train: Example[] = [
  ['the invoice is wrong', 'billing', false],
  ['invoice again please', 'billing', false],
  ['the app has a crash now', 'tech', true],
  ['crash of the app now', 'tech', true],
].map(([text, team, urgent], i) => ({
  id: `${i}`,
  inputs: { text: text as string },
  outputs: { team: team as string, urgent: urgent as boolean },
}))
const propose = (rows: readonly Example[], given = asked) =>
  extractiveProposer({ wordsPerValue: [1, 2], phrasesPerValue: [2] }).propose({
    signature: given as typeof asked,
    train: rows,
    random: seededRandom(1),
  })

describe('extractiveProposer', () => {
  test('adds to the base which words point to each value of each closed output', async () => {
    const candidates = await propose(train)
    expect(Object.keys(candidates)).toEqual(['base', 'words-1', 'words-2', 'phrases-2'])
    expect(candidates.base).toBe('Route it.')
    const lines = candidates['words-1']?.split('\n') ?? []
    expect(lines.slice(0, 2)).toEqual(['Route it.', ''])
    expect(lines).toContain('Words that point to team "billing": invoice.')
    expect(lines.filter((line) => line.startsWith('Words that point to urgent'))).toHaveLength(2)
    expect(candidates['words-1']).not.toContain('note')
  })

  test('leaves the base alone where there is nothing to tell apart', async () => {
    expect(await propose([])).toEqual({ base: 'Route it.' })
    expect(await propose(train, signature('text -> note', 'Route it.') as never)).toEqual({ base: 'Route it.' })
  })

  test('describes an output of describedValuesMax values and none of one more', async () => {
    const described = async (count: number) => {
      const values = Array.from({ length: count }, (_, i) => `v${i}`)
      const wide = signature(`text -> team: ${values.map((value) => `"${value}"`).join(' | ')}` as string)
      const rows = ['v0', 'v1'].flatMap((team) =>
        Array.from({ length: 3 }, (_, i) => ({
          id: `${team} ${i}`,
          inputs: { text: `word${team}` },
          outputs: { team },
        })),
      )
      return Object.keys(await propose(rows, wide as never)).length > 1
    }
    expect(await described(describedValuesMax)).toBe(true)
    expect(await described(describedValuesMax + 1)).toBe(false)
  })

  test('refuses sizes that are not whole numbers from 1', () => {
    expect(() => extractiveProposer({ wordsPerValue: [0] })).toThrow('expected whole numbers from 1, got 0')
  })
})
