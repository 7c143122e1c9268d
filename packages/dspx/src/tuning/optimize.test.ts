import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { messageText, type ScriptedAnswer, scriptedModel } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import { bootstrapRandomSearch } from './teleprompters/bootstrap-random-search.ts'
import { labeledFewShot } from './teleprompters/labeled-few-shot.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 2 === 0 ? 'a' : 'b' },
  }))

/** Says "a" until it is shown demonstrations, then what is right. */
function learner(answer?: (row: number, shown: number) => ScriptedAnswer) {
  return scriptedModel(({ prompt }) => {
    const row = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1])
    const shown = prompt.filter(({ role }) => role === 'assistant').length
    return answer?.(row, shown) ?? `[[ ## team ## ]]\n${shown > 0 && row % 2 === 1 ? 'b' : 'a'}`
  })
}
const route = () => predict('text -> team: "a" | "b"')

describe('optimize', () => {
  test('gives the winner as a program, with a verdict, and leaves the program as it was', async () => {
    const program = route()
    const lm = learner()
    const better = await optimize(program, {
      train: rows(0, 10),
      val: rows(10, 20),
      metric: exactMatch('team'),
      teleprompter: labeledFewShot({ demos: 4 }),
      lm,
    })
    expect(better.verdict).toMatchObject({ type: 'better', candidate: 1, against: 0, difference: 0.5, rows: 20 })
    expect(better.best.demos).toHaveLength(4)
    expect(program.demos).toEqual([])
    const { team } = await better.best.run({ text: 'row 3;' }, { lm })
    expect(team).toBe('b')
    expect(better.budget.spent).toMatchObject({ calls: 40 })
    expect(better.explain()).toContain('It is better than the program as given: +50.0 points on 20 rows')
  })

  test('runs a search over a program of two predictors', async () => {
    class Two extends Program {
      first = predict('text -> hint')
      second = chainOfThought('text, hint -> team: "a" | "b"')
      async forward({ text }: { text: string }) {
        const { hint } = await this.first.run({ text })
        return await this.second.run({ text, hint })
      }
    }
    const better = await optimize(new Two(), {
      train: rows(0, 10),
      metric: ({ outputs }, { team }) => (outputs.team === team ? 1 : 0),
      teleprompter: bootstrapRandomSearch({ candidates: 3 }),
      tune: { demos: 8 },
    })
    expect(better.report.steps.length).toBeGreaterThan(3)
    expect(better.report.notes).toEqual(['no validation rows were given: of 10 training rows 5 judge and 5 train'])
    expect(Object.keys(better.best.state().predictors)).toEqual(['first', 'second'])
  })
})
