import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { majority, type Vote } from './majority.ts'

type Answer = { readonly team: string; readonly reasoning?: string }
type Implementation = (answers: readonly Answer[]) => Vote<Answer>

const answer: fc.Arbitrary<Answer> = fc.record(
  { team: fc.constantFrom('a', 'A', ' a ', 'b', 'b.', 'c'), reasoning: fc.string({ maxLength: 3 }) },
  { requiredKeys: ['team'] },
)
const answers = fc.array(answer, { minLength: 1, maxLength: 12 })
const plain = ({ team }: Answer) => team.trim().toLowerCase().replace('.', '')

/** What any count of votes has to be, said another way than it is computed. */
function holds(implementation: Implementation): boolean {
  const details = fc.check(
    fc.property(answers, (given) => {
      const vote = implementation(given)
      const votes = (one: Answer) => given.filter((other) => plain(other) === plain(one)).length
      const most = Math.max(...given.map(votes))
      const ahead = new Set(given.filter((one) => votes(one) === most).map(plain))
      expect(vote.of).toBe(given.length)
      expect(vote.votes).toBe(most)
      expect(vote.outputs).toBe(given.find((one) => votes(one) === most))
      expect(vote.type).toBe(ahead.size === 1 ? 'won' : 'tied')
      if (vote.type === 'tied') expect(new Set(vote.tied.map(plain))).toEqual(ahead)
    }),
    { seed: 7, numRuns: 300 },
  )
  return !details.failed
}

describe('majority', () => {
  test('is the earliest of the answers that most agree with, and says a tie', () => {
    expect(holds(majority)).toBe(true)
  })

  test.each<[string, Implementation]>([
    ['that minds case', (given) => majority(given, { normalise: (value) => value })],
    ['that compares the reasoning too', (given) => majority(given.map((one, i) => ({ ...one, reason: i })))],
    ['that gives the latest', (given) => majority([...given].reverse())],
    ['that hides ties', (given) => ({ ...majority(given), type: 'won' })],
    ['that counts one too many', (given) => ({ ...majority(given), votes: majority(given).votes + 1 })],
  ])('an implementation %s is caught', (_, implementation) => {
    expect(holds(implementation)).toBe(false)
  })

  test('compares one field, values by their content, and refuses none', () => {
    expect(majority([{ a: [1, { x: 1, y: 2 }] }, { a: 0 }, { a: [1, { y: 2, x: 1 }] }])).toMatchObject({ votes: 2 })
    expect(
      majority(
        [
          { a: 1, b: 1 },
          { a: 2, b: 3 },
          { a: 2, b: 4 },
        ],
        { field: 'a' },
      ),
    ).toMatchObject({
      type: 'won',
      outputs: { a: 2, b: 3 },
    })
    expect(majority([{ a: 1 }, { a: '1' }])).toMatchObject({ type: 'tied', votes: 1 })
    expect(majority([{ reasoning: 'x' }, { reasoning: 'y' }, { reasoning: 'y' }])).toMatchObject({ votes: 2 })
    expect(() => majority([])).toThrow('at least one answer')
    expect(() => majority([{ a: 1 }], { fields: 'a' } as never)).toThrow('did you mean "field"?')
  })
})
