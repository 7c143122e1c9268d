import { describe, expect, test } from 'vitest'
import { predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { bestOfN } from './best-of-n.ts'
import { ensemble, selfConsistency } from './ensemble.ts'
import { multiChainComparison } from './multi-chain-comparison.ts'
import { refine } from './refine.ts'

const said = (field: string, value: string) => `[[ ## ${field} ## ]]\n${value}\n\n[[ ## completed ## ]]`
const lm = () => scriptedModel([said('a', 'yes')])
const placesOf = ({
  attempts,
}: {
  attempts: readonly { predictor: string; tries?: readonly number[]; retry?: number }[]
}) => attempts.map(({ predictor, tries, retry }) => [predictor, tries, retry].filter((one) => one !== undefined))

describe('the number of a try', () => {
  test('stands at each attempt of best of n, at its retries and at what its reward asks', async () => {
    const judge = predict('a -> score: number', { lm: scriptedModel([said('score', '1')]) })
    const best = bestOfN(predict('q -> a: "yes"'), {
      n: 2,
      threshold: 2,
      reward: async ({ a }) => (await judge.run({ a })).score,
    })
    const answers = ['nonsense', said('a', 'yes')]
    const result = await best.run({ q: 'x' }, { lm: scriptedModel([...answers, ...answers]), trace: true })
    expect(placesOf(result)).toEqual([
      ['program', [0]],
      ['program', [0], 1],
      ['predict', [0]],
      ['program', [1]],
      ['program', [1], 1],
      ['predict', [1]],
    ])
    expect(result.trace.map(({ tries }) => tries)).toEqual([[0], [0], [1], [1]])
  })

  test('stands at each attempt of self-consistency, whatever order the answers come in', async () => {
    const late = Promise.withResolvers<void>()
    const model = scriptedModel(async (_, index) => {
      if (index === 0) await late.promise
      else if (index === 2) late.resolve()
      return said('a', 'yes')
    })
    const result = await selfConsistency(predict('q -> a'), { n: 3 }).run({ q: 'x' }, { lm: model })
    expect(placesOf(result).at(-1)).toEqual(['program', [0]])
    expect(
      placesOf(result)
        .map(([, tries]) => tries)
        .sort(),
    ).toEqual([[0], [1], [2]])
  })

  test('stands at each attempt of refine, and at the advice on the try', async () => {
    const model = scriptedModel([said('a', 'no'), said('advice', 'say yes'), said('a', 'yes')])
    const program = refine(predict('q -> a'), { n: 3, threshold: 1, reward: ({ a }) => (a === 'yes' ? 1 : 0) })
    expect(placesOf(await program.run({ q: 'x' }, { lm: model }))).toEqual([
      ['program', [0]],
      ['advise', [0]],
      ['program', [1]],
    ])
  })

  test('is the place of the program in an ensemble, also of one that is drawn, and of a chain that is compared', async () => {
    const programs = [predict('q -> a'), predict('q -> a'), predict('q -> a')]
    const result = await ensemble(programs, { size: 2 }).run({ q: 'x' }, { lm: lm(), seed: 5 })
    for (const { predictor, tries } of result.attempts) expect(predictor).toBe(`programs.${tries?.[0]}`)
    expect(result.attempts).toHaveLength(2)
    const reasoned = scriptedModel([`[[ ## reasoning ## ]]\nso\n\n${said('a', 'yes')}`])
    expect(placesOf(await multiChainComparison('q -> a', { m: 2 }).run({ q: 'x' }, { lm: reasoned }))).toEqual([
      ['chain', [0]],
      ['chain', [1]],
      ['compare'],
    ])
  })

  test('comes behind that of the try around it, and a result of a try itself knows of none', async () => {
    const seen: unknown[] = []
    class Inner extends Program {
      votes = selfConsistency(predict('q -> a'), { n: 2 })
      async forward(inputs: { q: string }) {
        const result = await this.votes.run(inputs)
        seen.push(placesOf(result))
        return result
      }
    }
    const result = await bestOfN(new Inner(), { n: 2, threshold: 9, reward: () => 0 }).run({ q: 'x' }, { lm: lm() })
    expect(placesOf(result).map(([, tries]) => tries)).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
    expect(seen[1]).toEqual([
      ['program', [0]],
      ['program', [1]],
    ])
  })

  test('stands in the error of a run whose tries all failed', async () => {
    const run = selfConsistency(predict('q -> a: "yes"', { answerRetriesMax: 0 }), { n: 2 }).run(
      { q: 'x' },
      { lm: scriptedModel(['nonsense']) },
    )
    await expect(run).rejects.toMatchObject({
      code: 'dspx/no-try-succeeded',
      data: { attempts: [{ tries: [0] }, { tries: [1] }] },
    })
  })
})
