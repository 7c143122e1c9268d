import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { type Demo, signature } from '../signatures/signature.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { nearestDemos } from './demo-choice.ts'
import { chainOfThought, predict } from './predictor.ts'
import { Program } from './program.ts'
import { defineProgram } from './program-definition.ts'
import { demoCount, demoPoolMax, demosMax, demosShown, withDemosAtMost } from './program-state.ts'

const demo = (text: string, team: 'billing' | 'tech' = 'tech'): Demo => ({ inputs: { text }, outputs: { team } })
const pool = [
  demo('charged twice for the plan', 'billing'),
  demo('the app crashes'),
  demo('where is my invoice', 'billing'),
  demo('app crashes when I open the invoice'),
]
const asked = 'text -> team: "billing" | "tech"'
const answer = '[[ ## team ## ]]\ntech'

/** The inputs of the demonstrations in a prompt, in order. */
function shownIn(lm: ReturnType<typeof scriptedModel>, call = 0): string[] {
  const turns = (lm.calls[call]?.prompt ?? []).slice(1, -1).map(messageText)
  return turns.filter((_, i) => i % 2 === 0).map((text) => text.replace('[[ ## text ## ]]\n', ''))
}

describe('a predictor with a pool', () => {
  test('shows each question the nearest, the nearest last, and says in its trace what it showed', async () => {
    const lm = scriptedModel([answer])
    const near = predict(asked, { demos: pool, nearest: 2 })
    await near.run({ text: 'my app crashes' }, { lm })
    await near.run({ text: 'an invoice, please' }, { lm })
    expect(shownIn(lm)).toEqual(['app crashes when I open the invoice', 'the app crashes'])
    expect(shownIn(lm, 1)).toEqual(['app crashes when I open the invoice', 'where is my invoice'])
    const definition = defineProgram({ name: 'triage', predictors: { triage: asked }, metric: exactMatch('team') })
    const state = {
      settings: definition.initialState().settings,
      predictors: { triage: { instructions: 'x', demos: pool, nearest: 1 } },
    }
    const bound = definition.bind(state, { models: { get: () => lm } })
    const { trace } = await bound.run({ text: 'my app crashes' } as never, { trace: true })
    expect(trace[0]?.prompt).toHaveLength(4)
    expect(messageText(trace[0]?.prompt[1])).toContain('the app crashes')
  })

  test('never shows a question its own answer, whatever form its inputs come in', async () => {
    const lm = scriptedModel([answer])
    await predict(asked, { demos: pool, nearest: 4 }).run({ text: 'the app crashes' }, { lm })
    expect(shownIn(lm)).toHaveLength(3)
    expect(shownIn(lm)).not.toContain('the app crashes')
    const told = signature({
      inputs: { text: z.string().transform((text) => text.trim()) },
      outputs: { team: z.string() },
    })
    await predict(told, { demos: pool, nearest: 4 }).run({ text: ' the app crashes ' }, { lm })
    expect(shownIn(lm, 1)).not.toContain('the app crashes')
    await predict(told, { demos: [demo(' it crashes '), demo('it is slow')], nearest: 2 }).run(
      { text: 'it crashes' },
      { lm },
    )
    expect(shownIn(lm, 2)).toEqual(['it is slow'])
    const picture = { data: 'AQL/', mediaType: 'image/png' }
    const seen = predict('photo: image -> team', {
      demos: [{ inputs: { photo: picture }, outputs: { team: 'a' } }],
      nearest: 1,
    })
    await seen.run({ photo: { data: new Uint8Array([1, 2, 255]), mediaType: 'image/png' } }, { lm })
    expect(lm.calls[3]?.prompt).toHaveLength(2)
  })

  test('shows no more than the setting demos allows, in programs of both kinds', async () => {
    class Two extends Program {
      near = chainOfThought(asked, { demos: pool, nearest: 3 })
      async forward({ text }: { text: string }) {
        return this.near.run({ text })
      }
    }
    const lm = scriptedModel(['[[ ## reasoning ## ]]\nx\n\n[[ ## team ## ]]\ntech'])
    await new Two().run({ text: 'crashes' }, { lm })
    await new Two().compile({ settings: { demos: 1 } }).run({ text: 'crashes' }, { lm })
    await new Two().compile({ settings: { demos: 0 } }).run({ text: 'crashes' }, { lm })
    expect([0, 1, 2].map((call) => shownIn(lm, call).length)).toEqual([3, 1, 0])
    const definition = defineProgram({ name: 'triage', predictors: { triage: asked }, metric: exactMatch('team') })
    const counts = [0, 2, 16].map(async (demos) => {
      const own = scriptedModel([answer])
      const state = {
        settings: { ...definition.initialState().settings, demos },
        predictors: { triage: { instructions: 'x', demos: pool, nearest: 3 } },
      }
      await definition.bind(state, { models: { get: () => own } }).run({ text: 'invoice' } as never)
      return shownIn(own).length
    })
    expect(await Promise.all(counts)).toEqual([0, 2, 3])
  })

  test('keeps its pool in its state, and a state without nearest shows all again', async () => {
    const near = predict(asked, { demos: pool, nearest: 2 })
    expect(near.state().predictors.predict).toMatchObject({ demos: pool, nearest: 2 })
    expect(near.compile({ settings: { demos: 3 } }).nearest).toBe(2)
    const all = near.compile({ predictors: { predict: { instructions: 'Route.', demos: pool } } })
    expect(all.state().predictors.predict).toEqual({ instructions: 'Route.', demos: pool })
    const lm = scriptedModel([answer])
    await all.run({ text: 'crashes' }, { lm })
    expect(shownIn(lm)).toEqual(pool.map(({ inputs }) => inputs.text))
  })

  test('is refused beyond its limits, and taken at them', () => {
    const many = Array.from({ length: demoPoolMax + 1 }, (_, i) => demo(`row ${i}`))
    expect(predict(asked, { demos: many.slice(1), nearest: demosMax }).demos).toHaveLength(demoPoolMax)
    expect(() => predict(asked, { demos: many, nearest: 1 })).toThrow(`a list of at most ${demoPoolMax} demonstrations`)
    expect(() => predict(asked, { demos: many.slice(0, demosMax + 1) })).toThrow(`at most ${demosMax}`)
    const state = (nearest: unknown) => ({
      predictors: { predict: { instructions: '', demos: pool, nearest: nearest as number } },
    })
    for (const wrong of [0, -1, 1.5, Number.NaN, demosMax + 1, '2', null]) {
      expect(() => predict(asked).compile(state(wrong))).toThrow(
        expect.objectContaining({ code: 'dspx/invalid-state', message: expect.stringContaining('predict.nearest') }),
      )
    }
    const misspelt = { predictors: { predict: { instructions: '', demos: pool, nearst: 2 } } }
    expect(() => predict(asked).compile(misspelt)).toThrow('predictors.predict: expected "nearest"')
    expect(() => predict(asked, { demos: pool, nearest: 0 })).toThrow('nearest: expected an integer from 1 to 1000')
    const none = { predictors: { predict: { instructions: '', demos: [], nearest: 3 } } }
    expect(predict(asked).compile(none).nearest).toBe(3)
  })
})

describe('nearestDemos', () => {
  const fields = signature(asked)
  test('gives the earlier of equals first, all of a small pool, and the same every time', () => {
    const same = [demo('one'), demo('two'), demo('three')]
    const found = nearestDemos(fields, { demos: same, count: 2 }, { text: 'something else' })
    expect(found.map(({ inputs }) => inputs.text)).toEqual(['one', 'two'])
    expect(nearestDemos(fields, { demos: same, count: 2 }, { text: 'something else' })).toEqual(found)
    expect(nearestDemos(fields, { demos: same, count: 9 }, { text: 'two three' })).toHaveLength(3)
    expect(nearestDemos(fields, { demos: [], count: 9 }, { text: 'x' })).toEqual([])
  })

  test('looks at the fields of whoever asks, also where two ask the same pool', () => {
    const both: Demo[] = [
      { inputs: { a: 'cat', b: 'dog' }, outputs: {} },
      { inputs: { a: 'dog', b: 'cat' }, outputs: {} },
    ]
    const byA = nearestDemos(signature('a -> c'), { demos: both, count: 1 }, { a: 'cat one' })
    const byB = nearestDemos(signature('b -> c'), { demos: both, count: 1 }, { b: 'cat one' })
    expect([byA[0], byB[0]]).toEqual([both[0], both[1]])
  })
})

test('a state cut to fewer demonstrations keeps its pool and shows fewer of it', () => {
  const one = { instructions: '', demos: pool, nearest: 3 }
  expect(withDemosAtMost(one, 2)).toEqual({ ...one, nearest: 2 })
  expect(withDemosAtMost(one, 9)).toBe(one)
  expect(withDemosAtMost(one, 0)).toEqual({ instructions: '', demos: [] })
  expect(withDemosAtMost({ instructions: '', demos: pool }, 2)).toEqual({ instructions: '', demos: pool.slice(0, 2) })
  expect(demosShown(one)).toBe(3)
  expect(demosShown({ demos: pool.slice(0, 2), nearest: 3 })).toBe(2)
})

test('a program shows as many demonstrations as its predictor with the most, and no more than its settings allow', () => {
  const predictors = {
    none: { instructions: '', demos: [] },
    two: { instructions: '', demos: pool.slice(0, 2) },
    chosen: { instructions: '', demos: pool, nearest: 3 },
  }
  expect(demoCount({ settings: {}, predictors })).toBe(3)
  expect(demoCount({ settings: { demos: 16 }, predictors })).toBe(3)
  expect(demoCount({ settings: { demos: 1 }, predictors })).toBe(1)
  expect(demoCount({ settings: { demos: 16 }, predictors: { none: predictors.none } })).toBe(0)
  expect(demoCount({ settings: {}, predictors: {} })).toBe(0)
})
