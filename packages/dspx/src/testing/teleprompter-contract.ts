/** What every teleprompter must hold, as cases to be run by any test runner. They run `optimize` on the embedded model. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { seededRandom } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { tokenF1 } from '../evaluation/metrics/token-f1.ts'
import { layered } from '../models/language-model.ts'
import { describeModel, type ModelCard, modelCard } from '../models/model-card.ts'
import { createModels } from '../models/models.ts'
import { predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import type { ModelSource } from '../programs/run-options.ts'
import { signature } from '../signatures/signature.ts'
import { optimize } from '../tuning/optimize.ts'
import type { OptimizeOptions } from '../tuning/optimize-options.ts'
import type { Proposal, Teleprompter } from '../tuning/teleprompter.ts'

/** A named case; `run` rejects when the contract is broken. */
export interface TeleprompterCase {
  readonly name: string
  run(): Promise<void>
}

/** A teleprompter that proposes more than this on a handful of rows does not end by itself. */
const proposalsMax = 1_000

/**
 * The cases a teleprompter must pass: on a program of one predictor, of two, and on one whose answers have no classes. What a
 * proposal may be at all is checked by the loop of `optimize` itself.
 *
 * Requires: a teleprompter that tunes demonstrations or instructions, and that ends by itself on two dozen rows.
 * @example for (const { name, run } of teleprompterContract(() => myTeleprompter())) test(name, run)
 */
export function teleprompterContract(make: () => Teleprompter): TeleprompterCase[] {
  return [...searchCases(make), ...limitCases(make), ...partCases(make)]
}

function searchCases(make: () => Teleprompter): TeleprompterCase[] {
  return Object.entries(subjects).flatMap(([which, subject]) => [
    {
      name: `${which}: the same seed gives the same proposals, whatever else the same teleprompter does meanwhile`,
      run: async () => {
        const shared = make()
        const runs = await Promise.all([shared, shared, make()].map((one) => runOf(one, subject())))
        const [first, second, third] = runs.map(({ batches }) => batches)
        expect(isDeepStrictEqual(first, second), 'two runs at once of one teleprompter differ')
        expect(isDeepStrictEqual(first, third), 'runs of two teleprompters differ')
      },
    },
    {
      name: `${which}: it ends by itself, with a winner that is no worse than the program as given, and says what it did`,
      run: async () => {
        const { batches, result } = await runOf(make(), subject())
        const { steps, winner } = result.report
        const meanOf = (number: number) => steps.find(({ candidate }) => candidate === number)?.values.accuracy ?? 0
        expect(meanOf(winner) >= meanOf(0), 'the winner scores less than the program as given')
        for (const { origin } of batches.flat())
          expect(origin.how.trim() !== '', 'a proposal does not say how it came about')
      },
    },
    {
      name: `${which}: demonstrations are training rows or steps on them, each once, and no validation row is shown`,
      run: async () => {
        const given = subject()
        const { batches } = await runOf(make(), given)
        const judged = new Set(given.val?.map(({ inputs }) => String(inputs.text)))
        for (const { state } of batches.flat()) checkShown(state, judged)
      },
    },
  ])
}

function limitCases(make: () => Teleprompter): TeleprompterCase[] {
  return [
    {
      name: 'it learns a task that can be learnt from words',
      run: async () => {
        const { result } = await runOf(make(), onePredictor())
        const { steps, winner } = result.report
        const gain =
          (steps.find(({ candidate }) => candidate === winner)?.values.accuracy ?? 0) - (steps[0]?.values.accuracy ?? 0)
        expect(gain > 0.2, `expected a gain of more than 20 points, got ${gain}`)
      },
    },
    {
      name: 'it works with one training row',
      run: async () => {
        const given = onePredictor()
        await runOf(make(), { ...given, train: given.train.slice(0, 1) })
      },
    },
    {
      name: 'a budget holds to the call, wherever it ends',
      run: async () => {
        for (const calls of [3, 14, 20, 47, 95]) {
          const { spent } = await runOf(make(), { ...onePredictor(), budget: { calls } })
          expect(spent <= calls, `${spent} calls of ${calls}`)
        }
      },
    },
    {
      name: 'work that is resumed asks nothing again and proposes the same',
      run: async () => {
        const resume = await mkdtemp(path.join(tmpdir(), 'mabeam-contract-'))
        try {
          const first = await runOf(make(), { ...onePredictor(), resume })
          const again = await runOf(make(), { ...onePredictor(), resume, models: noModels })
          expect(isDeepStrictEqual(first.batches, again.batches), 'other proposals after resuming')
          expect(again.spent === first.spent, `${again.spent} calls after resuming, ${first.spent} before`)
        } finally {
          await rm(resume, { recursive: true, force: true })
        }
      },
    },
    {
      name: 'it stops with the reason of a signal that is aborted while it searches',
      run: async () => {
        const controller = new AbortController()
        const reason = new Error('stopped')
        const thrown = await runOf(make(), { ...onePredictor(), signal: controller.signal }, () =>
          controller.abort(reason),
        ).then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(thrown === reason, `expected the reason of the signal, got ${thrown}`)
      },
    },
  ]
}

function partCases(make: () => Teleprompter): TeleprompterCase[] {
  const parts: { readonly [name: string]: OptimizeOptions['tune'] & object } = {
    'instructions alone': { instructions: true },
    'demonstrations alone': { demos: 4 },
    'the temperature alone': { temperature: true },
  }
  return Object.entries(parts).map(([which, tune]) => ({
    name: `with ${which} to be tuned it leaves all else as it is`,
    run: async () => void (await runOf(make(), { ...twoPredictors(), tune })),
  }))
}

/** The embedded models, but for asking: who asks fails. */
const noModels: ModelSource = {
  get(id) {
    const known = createModels().get(id)
    const refuse = () => Promise.reject(new Error(`${id} is asked again`))
    return describeModel(layered(known, { doGenerate: refuse, doStream: refuse }), modelCard(known) as ModelCard)
  },
}

interface Subject extends Omit<OptimizeOptions, 'teleprompter'> {
  readonly program: Program
}

/** What was proposed, and what came of it. */
interface Run {
  readonly batches: readonly (readonly Proposal[])[]
  readonly result: Awaited<ReturnType<typeof optimize>>
  readonly spent: number
}

async function runOf(teleprompter: Teleprompter, { program, ...options }: Subject, onBatch?: () => void): Promise<Run> {
  const batches: (readonly Proposal[])[] = []
  let proposals = 0
  const watched: Teleprompter = {
    name: teleprompter.name,
    async *propose(context) {
      const generator = teleprompter.propose(context)
      try {
        let next = await generator.next([])
        while (next.done !== true) {
          batches.push(structuredClone(next.value))
          proposals += next.value.length
          expect(proposals <= proposalsMax, `it does not end: more than ${proposalsMax} proposals`)
          onBatch?.()
          next = await generator.next(yield next.value)
        }
      } finally {
        const { done } = await generator.return()
        expect(done === true, 'it proposes when it is told to end')
      }
    },
  }
  const result = await optimize(program, { seed: 7, ...options, teleprompter: watched })
  return { batches, result, spent: result.budget.spent.calls }
}

function checkShown(state: Proposal['state'], judged: ReadonlySet<string>): void {
  for (const [name, { instructions, demos }] of Object.entries(state.predictors)) {
    const texts = demos.map(({ inputs }) => JSON.stringify(inputs))
    expect(new Set(texts).size === texts.length, `${name} shows a demonstration twice`)
    for (const { inputs } of demos)
      expect(!judged.has(String(inputs.text)), `${name} shows the validation row ${inputs.text}`)
    for (const text of judged)
      expect(!instructions.includes(text), `the instructions of ${name} hold the validation row ${text}`)
  }
}

const teams = {
  billing: ['invoice', 'refund', 'charged', 'price', 'card'],
  tech: ['crash', 'error', 'login', 'screen', 'update'],
  sales: ['offer', 'buy', 'discount', 'quote', 'trial'],
} as const

/** Rows about three teams, told apart by their words. */
function rowsOf(part: string, count: number): Example[] {
  const random = seededRandom(`contract ${part}`)
  const names = ['billing', 'tech', 'sales'] as const
  return Array.from({ length: count }, (_, i) => {
    const team = names[i % 3] as keyof typeof teams
    const [first, second] = random.shuffle(teams[team])
    return {
      id: `${part}:${i}`,
      inputs: { text: `${first} and ${second}, ${part} ${i}` },
      outputs: { team, word: first as string },
    }
  })
}

function onePredictor(): Subject {
  const program = predict('text -> team: "billing" | "tech" | "sales"')
  return { program, ...rowsOfTask(), metric: exactMatch('team'), tune: { instructions: true, demos: 8 } }
}

class TwoPredictors extends Program {
  summarise = predict('text -> summary')
  route = predict('text, summary -> team: "billing" | "tech" | "sales"')
  async forward({ text }: { text: string }) {
    const { summary } = await this.summarise.run({ text })
    return await this.route.run({ text, summary })
  }
}

function twoPredictors(): Subject {
  return {
    program: new TwoPredictors(),
    ...rowsOfTask(),
    metric: exactMatch('team'),
    tune: { instructions: true, demos: 8 },
  }
}

function freeText(): Subject {
  const program = predict(signature('text -> word', 'Quote the first word that matters.'))
  return { program, ...rowsOfTask(), metric: tokenF1('word'), tune: { instructions: true, demos: 8 } }
}

function rowsOfTask() {
  return { train: rowsOf('train', 24), val: rowsOf('val', 12) }
}

const subjects = { 'one predictor': onePredictor, 'two predictors': twoPredictors, 'free text': freeText }

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
