import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { loadProgram } from '../programs/saved-program.ts'
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

  test('takes what the guide writes, and gives programs, a front, a report and a file that loads', async () => {
    class Rag extends Program {
      query = predict('question -> query')
      answer = chainOfThought('context: string[], question -> answer: "a" | "b"')
      async forward({ question }: { question: string }) {
        const { query } = await this.query.run({ question })
        return await this.answer.run({ context: [query], question })
      }
    }
    const asked = rows(0, 30).map(({ id, inputs, outputs }) => ({
      id,
      inputs: { question: String(inputs.text) },
      outputs: { answer: outputs.team ?? 'a' },
    }))
    const folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-guide-'))
    try {
      const better = await optimize(new Rag(), {
        train: asked.slice(0, 15),
        val: asked.slice(15),
        metric: exactMatch('answer'),
        tune: 'everything',
        objectives: ['accuracy', 'costUsd', 'latencyMs'],
        teleprompter: bootstrapRandomSearch({ candidates: 2 }),
        budget: { calls: 2_000, usd: 5 },
        resume: join(folder, 'runs', 'rag'),
      })
      const path = join(folder, 'rag.json')
      await better.best.save(path)
      const { answer } = await (await loadProgram(new Rag(), path)).run(
        { question: 'row 1;' },
        { models: createModels(), lm: 'local/small' },
      )
      expect(['a', 'b']).toContain(answer)
      expect(better.front.length).toBeGreaterThan(0)
      expect(Object.keys(better.front[0]?.values ?? {})).toEqual(
        expect.arrayContaining(['accuracy', 'costUsd', 'latencyMs']),
      )
      expect(better.explain()).toContain('bootstrap-random-search tried')
      await better.save(join(folder, 'report.json'))
      expect(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))).toEqual(
        JSON.parse(JSON.stringify(better.report)),
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
