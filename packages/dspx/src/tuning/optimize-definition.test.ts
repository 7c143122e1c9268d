/** Definitions are tuned as programs are: what wins is a state, which can be bound and saved. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choice } from '@mabeam/ml'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { loadArtefact } from '../artefacts/artefact.ts'
import { artefactState } from '../artefacts/artefact-shape.ts'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { defineProgram, type ProgramDefinition } from '../programs/program-definition.ts'
import { withLm } from '../programs/run-context.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import type { Teleprompter } from './teleprompter.ts'
import { labeledFewShot } from './teleprompters/labeled-few-shot.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 2 === 0 ? 'a' : 'b' },
  }))
const [train, val] = [rows(0, 4), rows(10, 8)]

/** Knows odd rows only when it is shown demonstrations. */
function model(id = 'script') {
  const made = scriptedModel(({ prompt }) => {
    const odd = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1]) % 2 === 1
    return `[[ ## team ## ]]\n${odd && prompt.some(({ role }) => role === 'assistant') ? 'b' : 'a'}`
  })
  return Object.assign(made, { modelId: id })
}
const define = (more: object = {}) =>
  defineProgram({
    name: 'route',
    predictors: { route: 'text -> team: "a" | "b"' },
    metric: exactMatch('team'),
    variables: { adapter: choice(['chat', 'json']) },
    ...more,
  })
const program = define()
const base = { train, val, teleprompter: labeledFewShot({ demos: 2 }) }

describe('a definition', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-definition-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is tuned by its own metric, to a state that runs with the models it was tuned with', async () => {
    const { best, report, front } = await optimize(program, { ...base, lm: model() })
    expect(report).toMatchObject({ program: 'route', winner: 1, rows: { train: 4, val: 8 } })
    expect(report.steps.map(({ mean }) => mean)).toEqual([0.5, 1])
    expect(best.definition).toBe(program)
    expect(best.state.predictors.route?.demos).toHaveLength(2)
    expect(best.state.settings.model).toBe('script')
    expect((await best.bind().run({ text: 'row 3;' })).outputs).toEqual({ team: 'b' })
    expectTypeOf(best.bind().run).parameter(0).toEqualTypeOf<{ text: string }>()
    const other = model('other')
    await best.bind({ models: { get: () => other } }).run({ text: 'row 3;' })
    expect(other.calls).toHaveLength(1)
    expect(front.map(({ candidate, program: one }) => [candidate, one.state === best.state])).toEqual([[1, true]])
    expect(program.initialState().predictors.route?.demos).toEqual([])
  })

  test('is saved as an artefact with its module, lineage and what was measured', async () => {
    const { best } = await optimize(program, { ...base, lm: model() })
    const path = join(folder, 'route.json')
    await best.save(path, { module: join(folder, 'route.ts') })
    const artefact = await loadArtefact(path)
    expect(artefactState(path, artefact, program as unknown as ProgramDefinition)).toEqual(best.state)
    expect(artefact).toMatchObject({
      program: { name: 'route', module: './route.ts' },
      lineage: { teleprompter: 'labeled-few-shot', steps: [{ candidate: 0 }, { candidate: 1, mean: 1, rows: 8 }] },
      measured: { values: { accuracy: 1 }, given: { accuracy: 0.5 } },
    })
    await expect(best.save(path, { modul: 'x' } as never)).rejects.toThrow('did you mean "module"')
  })

  test('is asked with the model around it, but for one that chooses among models itself', async () => {
    const around = model('around')
    const { best } = await withLm(around, () => optimize(program, base))
    expect([best.state.settings.model, around.calls.length]).toEqual(['around', 16])
    const choosing = define({ variables: { model: choice(['x', 'y']) } })
    const models = { get: (id: string) => model(id) }
    const chosen = await withLm(around, () => optimize(choosing, { ...base, models }))
    expect(chosen.best.state.settings.model).toBe('x')
    expect(around.calls).toHaveLength(16)
    await expect(optimize(choosing, { ...base, models, lm: model() })).rejects.toThrow(
      'lm: expected none, since the program has a variable model',
    )
  })

  test('keeps the parts that are not to be tuned, and may be judged by another metric', async () => {
    const seen: unknown[] = []
    const watching: Teleprompter = {
      name: 'watching',
      async *propose({ tunes, metric, program: tuned }) {
        seen.push(tunes, metric.name, tuned.metric === metric)
        yield []
      },
    }
    const always = () => 1
    const options = { ...base, lm: model(), teleprompter: watching, tune: { instructions: false }, metric: always }
    const { report } = await optimize(program, options)
    expect(seen).toEqual([{ instructions: false, demos: true }, 'always', true])
    expect(report.steps[0]?.mean).toBe(1)
  })

  test('is resumed as programs are, and not as another one', async () => {
    const resume = join(folder, 'run')
    const first = await optimize(program, { ...base, lm: model(), resume })
    const lm = model()
    const again = await optimize(program, { ...base, lm, resume })
    expect(lm.calls).toHaveLength(0)
    expect(again.best.state).toEqual(first.best.state)
    const other = define({ variables: { adapter: choice(['chat', 'xml']) } })
    await expect(optimize(other, { ...base, lm, resume })).rejects.toMatchObject({ code: 'dspx/resume-mismatch' })
  })

  test('takes no options that are of programs of classes, and says which it has', async () => {
    const wrong = (more: object) => optimize(program, { ...base, lm: model(), ...more } as never)
    await expect(wrong({ name: 'x' })).rejects.toMatchObject({ code: 'foundation/unknown-name' })
    await expect(wrong({ tune: { temperature: true } })).rejects.toMatchObject({ code: 'foundation/unknown-name' })
    await expect(wrong({ teleprompter: labeledFewShot })).rejects.toThrow('call it: labeledFewShot()')
    await expect(wrong({ metric: 3 })).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    await expect(wrong({ budget: { calls: -1 } })).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    await expect(optimize({ ...program } as never, { ...base, lm: model() } as never)).rejects.toMatchObject({
      code: 'foundation/invalid-option',
    })
  })
})
