import { describe, expect, test } from 'vitest'
import type { ProgramState } from '../programs/program-state.ts'
import type { Proposal, Teleprompter, TuningContext } from '../tuning/teleprompter.ts'
import { labeledFewShot } from '../tuning/teleprompters/labeled-few-shot.ts'
import { teleprompterContract } from './teleprompter-contract.ts'

type Propose = Teleprompter['propose']

/** Names of the cases that a teleprompter breaks, among those whose name holds some words. */
async function broken(make: () => Propose, among = ''): Promise<string[]> {
  const names: string[] = []
  for (const { name, run } of teleprompterContract(() => ({ name: 'bug', propose: make() }))) {
    if (name.includes(among)) await run().catch(() => names.push(name))
  }
  return names
}

const sound = labeledFewShot({ demos: 8 })
const origin = { parents: [0], how: 'a planted bug' }
const edited = (context: TuningContext, edit: (one: ProgramState['predictors'][string]) => object): ProgramState => {
  const { settings, predictors } = context.initial
  const changed = Object.entries(predictors).map(([name, one]) => [name, { ...one, ...edit(one) }])
  return { settings, predictors: Object.fromEntries(changed) }
}
/** The sound one, with one more proposal before its own. */
const before = (made: (context: TuningContext) => Proposal) => (): Propose =>
  async function* (context) {
    yield [made(context)]
    yield* sound.propose(context)
  }

describe('the contract of teleprompters', () => {
  test('lets a sound one pass', async () => {
    expect(await broken(() => sound.propose)).toEqual([])
  })

  test.each<[bug: string, make: () => Propose, caught: string]>([
    [
      'counts its runs outside of them',
      () => {
        let runs = 0
        return async function* (context) {
          const text = `run ${runs++}`
          const proposal = { state: edited(context, () => ({ instructions: text })), rows: 'val', origin } as const
          yield [proposal]
          yield* sound.propose(context)
        }
      },
      'the same proposals',
    ],
    [
      'changes what may not be tuned',
      before((context) => ({ state: edited(context, () => ({ instructions: 'other' })), rows: 'val', origin })),
      'demonstrations alone',
    ],
    [
      'shows validation rows',
      before((context) => {
        const { tunes, val } = context
        const demos = val.slice(0, 1).map(({ inputs }) => ({ inputs, outputs: {} }))
        return { state: edited(context, () => (tunes.demos ? { demos } : {})), rows: 'val', origin }
      }),
      'no validation row is shown',
    ],
    [
      'writes validation rows into instructions',
      before((context) => {
        const instructions = `like ${context.val[0]?.inputs.text}`
        return {
          state: edited(context, () => (context.tunes.instructions ? { instructions } : {})),
          rows: 'val',
          origin,
        }
      }),
      'no validation row is shown',
    ],
    [
      'shows a demonstration twice',
      before((context) => {
        const [row] = context.train
        const demo = { inputs: { text: String(row?.inputs.text) }, outputs: {} }
        return {
          state: edited(context, () => (context.tunes.demos ? { demos: [demo, demo] } : {})),
          rows: 'val',
          origin,
        }
      }),
      'each once',
    ],
    [
      'says nothing',
      before(({ initial }) => ({ state: initial, rows: 'val', origin: { parents: [0], how: '' } })),
      'says what it did',
    ],
    [
      'names parents that are not there',
      before(({ initial }) => ({ state: initial, rows: 'val', origin: { ...origin, parents: [99] } })),
      'ends by itself',
    ],
    [
      'asks for rows that are not there',
      before(({ initial }) => ({ state: initial, rows: ['nowhere'], origin })),
      'ends by itself',
    ],
    [
      'needs two training rows',
      () =>
        async function* (context) {
          if (context.train.length < 2) throw new Error('too few')
          yield* sound.propose(context)
        },
      'one training row',
    ],
    [
      'does not end',
      () =>
        async function* ({ initial }) {
          for (;;) yield [{ state: initial, rows: 'val', origin }]
        },
      'ends by itself',
    ],
    [
      'proposes nothing',
      () =>
        async function* (context) {
          yield* context.train.length < 0 ? [[]] : []
        },
      'it learns',
    ],
    [
      'proposes when it is told to end',
      () =>
        async function* (context) {
          try {
            yield* sound.propose(context)
          } finally {
            yield [{ state: context.initial, rows: 'val', origin }]
          }
        },
      'a budget holds',
    ],
  ])('catches one that %s', async (_, make, caught) => {
    expect(await broken(make, caught)).not.toEqual([])
  })
})
