/** Trees of runs on a virtual clock: whatever fails, races or is left behind, nothing works on when the outermost run has ended. */

import { delay, isMabeamError, type Random, seededRandom } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { scriptedModel } from '../testing/index.ts'
import { InnerRuns, type InnerRunsOptions, type RunOutcome } from './inner-runs.ts'
import { predict } from './predictor.ts'
import { Program } from './program.ts'

/** What a run does: begins others in some way, works a while itself, and may fail. */
interface Plan {
  readonly name: string
  readonly inside: readonly Plan[]
  /** Waits for all; for the first; for none, at once or one after the other. */
  readonly how: 'all' | 'race' | 'leave' | 'loop'
  readonly ms: number
  readonly fails: boolean
}

/** Where the plan of a run is carried out. */
interface Place {
  inner(plan: Plan): Promise<unknown>
  work(ms: number): Promise<unknown>
}

/** Runs plans, as programs do or by bare inner runs. */
type System = (world: World) => (plan: Plan) => Promise<unknown>

function planOf(random: Random, name = 'r', depth = 0): Plan {
  const count = depth >= 3 ? 0 : random.int(4)
  return {
    name,
    inside: Array.from({ length: count }, (_, i) => planOf(random.fork(`${i}`), `${name}.${i}`, depth + 1)),
    how: (['all', 'race', 'leave', 'loop'] as const)[random.int(4)] as Plan['how'],
    ms: 1 + random.int(20),
    fails: random.next() < 0.2,
  }
}

class World {
  readonly clock = virtualClock({ between: 'promises' })
  readonly telemetry = collectTelemetry()
  /** Pieces of work that have begun, and that are at work. */
  begun = 0
  atWork = 0
  /** Inner runs that had begun and were ended by the run around them. */
  ended = 0
  readonly #entered = new Set<string>()

  /** Takes time; listens to its signal. */
  async work(ms: number, signal: AbortSignal | undefined): Promise<void> {
    this.begun++
    this.atWork++
    try {
      await delay(this.clock, ms, signal)
    } finally {
      this.atWork--
    }
  }

  async act(plan: Plan, place: Place): Promise<void> {
    this.#entered.add(plan.name)
    const begin = plan.inside.map((one) => () => this.#watched(plan.name, one.name, place.inner(one)))
    if (plan.how === 'all') await Promise.all(begin.map((one) => one()))
    else if (plan.how === 'race' && begin.length > 0) await Promise.race(begin.map((one) => one()))
    else if (plan.how === 'leave') for (const one of begin) one().catch(() => {})
    else void this.#loop(begin)
    await this.#watched(plan.name, `${plan.name} work`, place.work(plan.ms))
    if (plan.fails) throw new Error(`${plan.name} fails`)
  }

  async #loop(begin: readonly (() => Promise<unknown>)[]): Promise<void> {
    for (const one of begin) await one().catch(() => {})
  }

  entered(name: string): void {
    this.#entered.add(name)
  }

  async #watched(around: string, name: string, running: Promise<unknown>): Promise<unknown> {
    const hasBegun = this.#entered.has(name)
    try {
      return await running
    } catch (thrown) {
      const isEnd = isMabeamError(thrown) && thrown.code === 'dspx/run-ended' && thrown.data.program === around
      if (isEnd && hasBegun) this.ended++
      throw thrown
    }
  }
}

/** What does not hold of one plan. */
async function faults(system: System, seed: number): Promise<string[]> {
  const world = new World()
  const found = new Set<string>()
  const running = system(world)(planOf(seededRandom(seed)))
  let isOver = false
  const end = () => {
    isOver = true
  }
  const over = running.then(end, end)
  for (let ms = 0; ms < 1_000 && !isOver; ms++) await world.clock.advance(1)
  if (!isOver) return ['a run ends']
  await over
  await new Promise((resolve) => setImmediate(resolve))
  if (world.atWork > 0) found.add('nothing is at work when the run has ended')
  const { begun } = world
  await world.clock.advance(1_000)
  if (world.begun > begun) found.add('nothing begins when the run has ended')
  const told = world.telemetry.events.reduce((sum, { measurements }) => sum + (measurements.runs ?? 0), 0)
  if (told !== world.ended) found.add('events count what was ended')
  return [...found]
}

/** Programs, each with a predictor that asks a model which takes the time that the question says. */
const programs: System = (world) => {
  const lm = scriptedModel([''])
  const ask = predict('ms: int, name -> done: boolean')
  const answered = { ...lm, provider: 'slow' }
  answered.doGenerate = async (call) => {
    const [, ms, name] = /(\d+)[^\d]+?(r[\d.]* work)/s.exec(JSON.stringify(call.prompt.at(-1))) ?? []
    world.entered(name as string)
    await world.work(Number(ms), call.abortSignal)
    return await scriptedModel(['[[ ## done ## ]]\ntrue']).doGenerate({ prompt: [] })
  }
  class Node extends Program {
    readonly plan: Plan
    constructor(plan: Plan) {
      super()
      this.plan = plan
      Object.defineProperty(this, 'constructor', { value: { name: plan.name } })
    }
    async forward(_: object) {
      const { plan } = this
      const work = (ms: number) => ask.run({ ms, name: `${plan.name} work` })
      await world.act(plan, { inner: (one) => new Node(one).run({}), work })
      return {}
    }
  }
  return (plan) => new Node(plan).run({}, { lm: answered, telemetry: world.telemetry, clock: world.clock })
}

/** Bare inner runs, of a class that may have a bug. */
function bare(make: (options: InnerRunsOptions) => InnerRuns): System {
  return (world) => {
    const run = async (plan: Plan, around?: AbortSignal): Promise<void> => {
      const inner = make({ name: () => plan.name, signal: around, telemetry: world.telemetry })
      let outcome: RunOutcome = { type: 'completed' }
      const working = (ms: number) =>
        inner.run(async (signal) => {
          world.entered(`${plan.name} work`)
          await world.work(ms, signal)
        })
      try {
        const place = { inner: (one: Plan) => inner.run((signal) => run(one, signal)), work: working }
        await world.act(plan, place)
      } catch (thrown) {
        outcome = { type: 'failed', thrown }
        throw thrown
      } finally {
        inner.close(outcome)
      }
    }
    return run
  }
}

const seeds = Array.from({ length: 150 }, (_, i) => 7_000 + i)

async function allFaults(system: System): Promise<string[]> {
  const found = new Set<string>()
  for (const seed of seeds) for (const one of await faults(system, seed)) found.add(`${one}; first of seed ${seed}`)
  return [...found]
}

class OnlyFailed extends InnerRuns {
  override close(outcome: RunOutcome): void {
    if (outcome.type === 'failed') super.close(outcome)
  }
}
class NeverClosed extends InnerRuns {
  override close(): void {}
}
class AnySignal extends InnerRuns {
  override run<T>(code: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return super.run(() => code(new AbortController().signal))
  }
}
class NotWatched extends InnerRuns {
  override run<T>(code: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return code(this.signal)
  }
}
class BeginsAfterEnd extends InnerRuns {
  #isOver = false
  override close(outcome: RunOutcome): void {
    this.#isOver = true
    super.close(outcome)
  }
  override run<T>(code: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#isOver ? code(new AbortController().signal) : super.run(code)
  }
}

describe('trees of runs', () => {
  test('of programs keep their laws', async () => {
    expect(await allFaults(programs)).toEqual([])
  })

  test('of bare inner runs keep their laws', async () => {
    expect(await allFaults(bare((options) => new InnerRuns(options)))).toEqual([])
  })

  test.each([
    ['only failures end what is inside', 'nothing is at work', OnlyFailed],
    ['the end of a run is told to nobody', 'nothing is at work', NeverClosed],
    ['inner runs listen to another signal', 'nothing is at work', AnySignal],
    ['what is inside is not counted', 'events count', NotWatched],
    ['runs begin in one that has ended', 'nothing begins', BeginsAfterEnd],
  ] as const)('a planted bug is found: %s', async (_, law, Broken) => {
    const found = await allFaults(bare((options) => new Broken(options)))
    expect(found.some((one) => one.startsWith(law))).toBe(true)
  })
})
