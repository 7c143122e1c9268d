/** The law of resuming: however often work is cut off, in the end the same was asked, and the same was found, as in one go. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Random, seededRandom } from '@mabeam/foundation'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { predict } from '../programs/predictor.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import type { Evidence, Proposal, Teleprompter, TuningContext } from './teleprompter.ts'

const seed = 20_267
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-law-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 3 === 0 ? 'a' : 'b' },
  }))
const program = predict('text -> team: "a" | "b"')

/** Goes by chance and by what it is told: minibatches, whole sets, traces, questions of its own, states that come again. */
const wandering: Teleprompter = {
  name: 'wandering',
  async *propose(context) {
    const { random, train } = context
    for (let step = 0; step < 6; step++) {
      const { team } = await context.ask(program, { text: `row ${random.int(5)};` })
      const batch = Array.from({ length: 1 + random.int(3) }, () => proposalOf(context, team, random))
      const evidence: readonly Evidence[] = yield batch
      const best = [...evidence].sort((a, b) => b.mean - a.mean)[0] as Evidence
      const { state } = context.candidates[best.candidate] as { state: Proposal['state'] }
      yield [
        {
          state,
          rows: step % 2 === 0 ? 'val' : train.slice(0, 2).map(({ id }) => id),
          origin: { parents: [best.candidate], how: 'best' },
        },
      ]
    }
  },
}

function proposalOf({ initial, train }: TuningContext, team: string, random: Random): Proposal {
  const state = { ...initial, predictors: { predict: { instructions: `${team} ${random.int(6)}`, demos: [] } } }
  const some = random.shuffle(train).slice(0, 1 + random.int(3))
  const ids = random.int(2) === 0 ? ('val' as const) : some.map(({ id }) => id)
  return { state, rows: ids, origin: { parents: [0], how: 'by chance' }, trace: random.int(2) === 0 }
}

async function session(
  teleprompter: Teleprompter,
  of: number,
  more: { readonly resume?: string; readonly calls: number },
) {
  const lm = scriptedModel(({ prompt }) => {
    const text = prompt.map((one) => messageText(one)).join()
    return `[[ ## team ## ]]\n${(text.length + Number(/row (\d+);/.exec(text)?.[1])) % 2 === 0 ? 'a' : 'b'}`
  })
  const { report } = await optimize(program, {
    train: rows(0, 5),
    val: rows(10, 6),
    metric: exactMatch('team'),
    teleprompter,
    tune: { instructions: true },
    lm,
    seed: of,
    concurrency: 3,
    budget: { calls: more.calls },
    ...(more.resume !== undefined && { resume: more.resume }),
  })
  const { steps, winner, verdict, ended, comparisons, front, notes } = report
  const found = {
    steps: steps.map(({ values, ...step }) => [step, values.accuracy]),
    winner,
    verdict,
    ended,
    comparisons,
    front,
    notes,
  }
  return { asked: lm.calls.length, spent: report.budget.spent.calls, found }
}

/** The first law that is broken by work which is cut off by its budget again and again. */
async function brokenLaw(teleprompter: Teleprompter, of: number): Promise<string | undefined> {
  const random = seededRandom(seed).fork(of)
  const whole = await session(teleprompter, of, { calls: 10_000 })
  const resume = join(folder, `${teleprompter.name} ${of}`)
  let calls = 0
  let asked = 0
  for (let sessions = 0; sessions < 40; sessions++) {
    calls += 1 + random.int(Math.ceil(whole.asked / 3))
    const one = await session(teleprompter, of, { resume, calls })
    asked += one.asked
    if (asked !== one.spent) return 'what was asked is what was spent'
    if (asked > calls) return 'the budget holds'
    if (one.found.ended === 'budget') continue
    if (!isDeepStrictEqual(one.found, whole.found)) return 'what is found is what was found in one go'
    return asked === whole.asked ? undefined : 'nothing is asked twice'
  }
  return 'it comes to an end'
}

test.each([...Array(6).keys()])(
  `work that is cut off again and again ends as in one go, and asks nothing twice (seed ${seed}, %i)`,
  async (of) => {
    expect(await brokenLaw(wandering, of)).toBeUndefined()
  },
)

test('a teleprompter that goes by something outside of its context is found out', async () => {
  let runs = 0
  const restless: Teleprompter = {
    name: 'restless',
    async *propose(context) {
      runs++
      for (let step = 0; step < 4; step++) {
        const state = { ...context.initial, predictors: { predict: { instructions: `${runs} ${step}`, demos: [] } } }
        yield [{ state, rows: 'val', origin: { parents: [0], how: `run ${runs}` } }]
      }
    },
  }
  expect(await brokenLaw(restless, 0)).toBeDefined()
})
