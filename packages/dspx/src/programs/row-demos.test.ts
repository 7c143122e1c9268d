import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import type { ModelCall } from '../models/language-model.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from '../tuning/optimize.ts'
import type { Teleprompter } from '../tuning/teleprompter.ts'
import { teacherOf } from '../tuning/teleprompters/teacher.ts'
import { predict } from './predictor.ts'
import { Program } from './program.ts'
import { defineProgram, definitionOf, type ProgramDefinition } from './program-definition.ts'
import type { ProgramState } from './program-state.ts'
import { isDemoOf } from './row-demos.ts'
import { currentRunOptions } from './run-context.ts'

const topics = ['refund', 'crash', 'price', 'parcel', 'invoice', 'login']
/** The labels hold what the middle step should have said. */
const rows = topics.map((topic, i) => ({
  id: topic,
  inputs: { text: `mail about a ${topic}` },
  outputs: { topic: `${topic} as labelled`, team: `team ${i}` },
}))

class Two extends Program {
  find = predict('text -> topic')
  route = predict('topic -> team')
  async forward({ text }: { text: string }) {
    const { topic } = await this.find.run({ text })
    expect(currentRunOptions()).not.toHaveProperty('row')
    return await this.route.run({ topic })
  }
}
const predictors = { find: 'text -> topic', route: 'topic -> team' } as const
const ofClass = definitionOf(new Two(), {
  name: 'two',
  metric: exactMatch('team'),
  signature: predict('text -> team').signature,
}) as unknown as ProgramDefinition
const defined = defineProgram({
  name: 'two',
  predictors,
  signature: predict('text -> team').signature,
  metric: exactMatch('team'),
  run: async ({ find, route }, { text }: { text: string }, context) => {
    expect(context).not.toHaveProperty('row')
    return await route({ topic: (await find({ text })).topic })
  },
}) as unknown as ProgramDefinition

const demosOf = {
  find: rows.map(({ inputs, outputs: { topic } }) => ({ inputs, outputs: { topic } })),
  route: rows.map(({ outputs: { topic, team } }) => ({ inputs: { topic }, outputs: { team } })),
}
/** Says of every mail another topic than its label, so that the question in the middle is none of a demonstration. */
const model = () =>
  scriptedModel(({ prompt }) => {
    const last = messageText(prompt.at(-1))
    const topic = topics.find((one) => last.includes(one))
    return last.includes('## text ##') ? `[[ ## topic ## ]]\n${topic} as found` : '[[ ## team ## ]]\nx'
  })
const shownIn = ({ prompt }: ModelCall) => prompt.slice(0, -1).map(messageText).join('\n')
/** The topics of which demonstrations were shown in a call. */
const topicsIn = (call: ModelCall) => topics.filter((one) => shownIn(call).includes(one))

const stateOf = (definition: ProgramDefinition, nearest?: number): ProgramState => ({
  settings: { ...definition.initialState().settings, demos: 16 },
  predictors: {
    find: { instructions: 'Find.', demos: demosOf.find, ...(nearest && { nearest }) },
    route: { instructions: 'Route.', demos: demosOf.route, ...(nearest && { nearest }) },
  },
})

describe.each([
  ['a class', ofClass],
  ['predictors and a function', defined],
])('a program that is %s, run on a row,', (_, definition) => {
  test.each([
    ['all its demonstrations', undefined, 5],
    ['its nearest', 3, 3],
  ])('shows %s but that of the row, at the first step and in the middle', async (__, nearest, count) => {
    const lm = model()
    const bound = definition.bind(stateOf(definition, nearest), { models: { get: () => lm } })
    for (const row of rows) {
      await bound.run(row.inputs as never, { row })
      const [find, route] = lm.calls.slice(-2) as [ModelCall, ModelCall]
      for (const call of [find, route]) {
        expect(topicsIn(call)).not.toContain(row.id)
        expect(topicsIn(call)).toHaveLength(count)
      }
    }
    // asked by a user it shows what it has
    await bound.run(rows[0]?.inputs as never)
    expect(topicsIn(lm.calls.at(-1) as ModelCall)).toHaveLength(nearest ?? 6)
  })
})

test('a program that is tuned is shown no demonstration of the row it is tried on, by whatever teleprompter', async () => {
  const lm = model()
  const training = rows.slice(0, 4)
  const trying: Teleprompter = {
    name: 'trying',
    async *propose({ initial }) {
      const predictors = Object.fromEntries(
        Object.entries(demosOf).map(([name, demos]) => [name, { instructions: 'Do.', demos: demos.slice(0, 4) }]),
      )
      const state = { ...initial, predictors }
      yield [{ state, rows: training.map(({ id }) => id), origin: { parents: [0], how: 'training rows' } }]
    },
  }
  await optimize(new Two(), {
    train: training,
    val: rows.slice(4),
    metric: exactMatch('team'),
    tune: { instructions: true, demos: 4 },
    teleprompter: trying,
    lm,
    concurrency: 1,
  })
  const tried = lm.calls.filter((call) => topicsIn(call).length > 0)
  const middle = tried.filter((call) => messageText(call.prompt.at(-1)).includes('## topic ##'))
  expect(middle.length).toBeGreaterThanOrEqual(4)
  for (const call of tried) {
    const own = topics.find((one) => messageText(call.prompt.at(-1)).includes(one)) as string
    expect(topicsIn(call)).not.toContain(own)
  }
})

test('a teacher that has demonstrations of its own shows a row none of it, in the middle either', async () => {
  const lm = model()
  const context = { program: ofClass, train: rows, random: seededRandom(1), models: { get: () => lm } }
  const teacher = teacherOf({ ...context, teacher: stateOf(ofClass, 3) }, { labeled: 0, scoreMin: 1, errorsMax: 0 })
  await teacher.answer(rows, { concurrency: 1 })
  expect(lm.calls).toHaveLength(12)
  for (const call of lm.calls) {
    const own = topics.find((one) => messageText(call.prompt.at(-1)).includes(one)) as string
    expect([topicsIn(call).length, topicsIn(call).includes(own)]).toEqual([3, false])
  }
})

describe('a demonstration', () => {
  const row = { inputs: { question: 'q', lang: 'en' }, outputs: { answer: 'yes', hops: ['a', { b: 1 }] } }
  const of = (inputs: object, outputs: object, asked: object = {}) =>
    isDemoOf(row, { inputs: inputs as never, outputs: outputs as never }, asked as never)

  test.each([
    ['holds all inputs of the row, whatever else', { question: 'q', lang: 'en', context: 'c' }, { answer: 'no' }],
    ['holds nothing but fields of the row, a label among them', { hops: ['a', { b: 1 }] }, { answer: 'yes' }],
    ['holds some inputs of the row and its label', { lang: 'en' }, { answer: 'yes' }],
  ])('that %s is one of it', (_, inputs, outputs) => {
    expect(of(inputs, outputs)).toBe(true)
  })

  test.each([
    ['shares an input with the row and no answer', { lang: 'en' }, { draft: 'x' }],
    ['shares an input with the row and says something else', { lang: 'en' }, { answer: 'no' }],
    ['has another question', { question: 'p', lang: 'en' }, { answer: 'yes' }],
    ['has a label of another row', { hops: ['b'] }, { answer: 'yes' }],
    ['has a label that the row has and one that it has not', { hops: ['a', { b: 1 }] }, { answer: 'yes', hops: [] }],
  ])('that %s is none of it', (_, inputs, outputs) => {
    expect(of(inputs, outputs)).toBe(false)
  })

  test('that answers the very question with a label of the row is one of it', () => {
    expect(of({ made: 'm' }, { answer: 'yes' }, { made: 'm' })).toBe(true)
    expect(of({ made: 'm' }, { answer: 'no' }, { made: 'm' })).toBe(false)
    expect(of({ made: 'm' }, { answer: 'yes' }, { made: 'n' })).toBe(false)
  })

  test('is none of a row without inputs, unless it holds nothing but its labels', () => {
    const bare = { inputs: {}, outputs: { answer: 'yes' } }
    expect(isDemoOf(bare, { inputs: { q: 'x' }, outputs: { answer: 'yes' } }, {})).toBe(false)
    expect(isDemoOf(bare, { inputs: { answer: 'yes' }, outputs: { answer: 'yes' } }, {})).toBe(true)
  })
})
