/** Runs scenarios under faults, one seed after the other; a run that fails is made small and says how to repeat it. */

import { simulationFailed } from '../../errors/simulation-errors.ts'
import type { Json } from '../../errors.ts'
import { checkOptions, invalidOption, rule } from '../../options.ts'
import { seededRandom } from '../../random.ts'
import type { ContractCase } from '../contract-case.ts'
import { checkFaults, type Fault } from './fault.ts'
import { type FaultMixOptions, faultSchedule } from './fault-schedule.ts'
import { shrinkFaults } from './fault-shrinking.ts'
import {
  type Boot,
  nodeNames,
  Simulation,
  type SimulationOptions,
  simulationDefaults,
  simulationRules,
} from './simulation.ts'

/** What runs, and what must hold. */
export interface Scenario {
  /** Starts what runs on a node; called for each life of each node. */
  readonly boot: Boot
  /** Throws when a law was broken. Called once, after the faults and `quietMs`; time passes while it waits. */
  check(): void | Promise<void>
}

export interface SimulateOptions extends SimulationOptions {
  /** Told in errors. */
  readonly name: string
  /** Makes a scenario for one run; keeps nothing from another. */
  readonly scenario: (sim: Simulation) => Scenario
  /** How long faults come. @default 30_000 */
  readonly forMs?: number
  /** How long it goes on without any before it is checked. @default 15_000 */
  readonly quietMs?: number
  /** A schedule, or how to draw one; `[]` is none. @default drawn from the seed */
  readonly faults?: readonly Fault[] | FaultMixOptions
  /** Runs that may be spent on making a failing schedule small. @default 200 */
  readonly shrinkRunsMax?: number
  /** What repeats a run, after the environment. @default npm test -- -t '<name>' */
  readonly command?: string
}

const simulateDefaults = {
  forMs: 30_000,
  quietMs: 15_000,
  shrinkRunsMax: 200,
} as const satisfies Partial<SimulateOptions>

/** What a run was like. */
export interface SimReport {
  readonly seed: number
  readonly faults: readonly Fault[]
  readonly simulatedMs: number
  readonly events: number
  /** Equal for equal runs. */
  readonly traceHash: string
}

/**
 * Runs a scenario once. Rejects with `foundation/simulation-failed` when a law is broken or a node throws: its message holds
 * the seed, the smallest schedule that was found to fail, in whatever way, and the command that repeats it.
 */
export async function simulate(options: SimulateOptions): Promise<SimReport> {
  checkOptions('simulate', options, simulateRules)
  const settings = { ...simulationDefaults, ...simulateDefaults, ...options }
  const faults = scheduleOf(settings)
  const outcome = await runOnce(settings, faults)
  if (outcome.failure === undefined) return outcome.report
  const stillFails = async (tried: readonly Fault[]) => (await runOnce(settings, tried)).failure !== undefined
  const shrunk = await shrinkFaults(faults, stillFails, settings.shrinkRunsMax)
  const { thrown } = (await runOnce(settings, shrunk)).failure ?? outcome.failure
  const run = { name: options.name, seed: options.seed, faults: shrunk as unknown as Json }
  throw simulationFailed(run, commandOf(settings, shrunk), thrown)
}

export interface SimulationsOptions extends Omit<SimulateOptions, 'seed'> {
  /** How many seeds, from 1 on. @default 20 */
  readonly seeds?: number
  /** Seeds of one case. @default 50 */
  readonly seedsPerCase?: number
  /** Where `MABEAM_SIM_SEEDS`, `MABEAM_SIM_SEED` and `MABEAM_SIM_FAULTS` are looked up. @default process.env */
  readonly env?: { readonly [name: string]: string | undefined }
}

const simulationsDefaults = { seeds: 20, seedsPerCase: 50 } as const satisfies Partial<SimulationsOptions>

/**
 * Runs a scenario with many seeds, as cases for any test runner. `MABEAM_SIM_SEEDS` says how many instead;
 * `MABEAM_SIM_SEED`, and `MABEAM_SIM_FAULTS` with it, repeat one.
 *
 * @example for (const { name, run } of simulations({ name: 'no update is lost', scenario, seeds: 500 })) test(name, run)
 */
export function simulations(options: SimulationsOptions): readonly ContractCase[] {
  const { seeds, seedsPerCase, env, ...rest } = { ...simulationsDefaults, env: process.env, ...options }
  checkOptions('simulations', { seeds, seedsPerCase }, { seeds: rule.int(1), seedsPerCase: rule.int(1) })
  const one = envNumber(env, 'MABEAM_SIM_SEED', 0)
  if (one !== undefined) {
    const faults = envFaults(env)
    const run = async () => void (await simulate({ ...rest, seed: one, ...(faults !== undefined && { faults }) }))
    return [{ name: `${options.name}: seed ${one}`, run }]
  }
  const last = envNumber(env, 'MABEAM_SIM_SEEDS', 1) ?? seeds
  const firsts = Array.from({ length: Math.ceil(last / seedsPerCase) }, (_, i) => 1 + i * seedsPerCase)
  return firsts.map((first) => {
    const until = Math.min(last, first + seedsPerCase - 1)
    return {
      name: `${options.name}: seeds ${first} to ${until}`,
      async run() {
        for (let seed = first; seed <= until; seed++) await simulate({ ...rest, seed })
      },
    }
  })
}

type Settings = SimulateOptions &
  Required<Pick<SimulateOptions, keyof typeof simulationDefaults | keyof typeof simulateDefaults>>

const simulateRules = {
  ...simulationRules,
  name: rule.string(),
  scenario: rule.fn(),
  forMs: rule.optional(rule.number(1)),
  quietMs: rule.optional(rule.number(0)),
  faults: rule.optional(rule.object()),
  shrinkRunsMax: rule.optional(rule.int(0)),
  command: rule.optional(rule.string()),
}

function scheduleOf(settings: Settings): readonly Fault[] {
  const nodes = nodeNames(settings.nodes)
  const { faults = {} } = settings
  if (!Array.isArray(faults)) {
    return faultSchedule(
      seededRandom(settings.seed).fork('faults'),
      { nodes, forMs: settings.forMs },
      faults as FaultMixOptions,
    )
  }
  checkFaults('simulate', faults, nodes)
  return faults
}

interface Outcome {
  readonly report: SimReport
  readonly failure: { readonly thrown: unknown } | undefined
}

async function runOnce(settings: Settings, faults: readonly Fault[]): Promise<Outcome> {
  const { name: _, scenario, forMs, quietMs, faults: __, shrinkRunsMax: ___, command: ____, ...options } = settings
  await using sim = new Simulation(options)
  let failure: Outcome['failure']
  try {
    const { boot, check } = scenario(sim)
    sim.boot(boot)
    const ends = planned(sim, faults)
    await sim.run(forMs)
    for (const end of ends) end()
    await sim.run(quietMs)
    sim.history.close()
    await sim.drive((async () => check())())
  } catch (thrown) {
    failure = { thrown }
  }
  const { seed, events, traceHash } = sim
  return { report: { seed, faults, simulatedMs: sim.clock.monotonicMs(), events, traceHash }, failure }
}

/** Sets the schedule on the clock; what is returned holds the ends of what has begun. */
function planned(sim: Simulation, faults: readonly Fault[]): Set<() => void> {
  const ends = new Set<() => void>()
  for (const fault of faults) {
    sim.clock.setTimer(fault.atMs, () => {
      const undo = sim.strike(fault)
      const end = () => {
        ends.delete(end)
        undo()
      }
      ends.add(end)
      sim.clock.setTimer(fault.forMs, end)
    })
  }
  return ends
}

function commandOf({ name, seed, command }: SimulateOptions, faults: readonly Fault[]): string {
  const runner = command ?? `npm test -- -t ${quoted(name)}`
  return `MABEAM_SIM_SEED=${seed} MABEAM_SIM_FAULTS=${quoted(JSON.stringify(faults))} ${runner}`
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function envNumber(
  env: { readonly [name: string]: string | undefined },
  name: string,
  least: number,
): number | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least)
    throw invalidOption('environment', name, `an integer from ${least}`, text)
  return value
}

function envFaults(env: { readonly [name: string]: string | undefined }): readonly Fault[] | undefined {
  const text = env.MABEAM_SIM_FAULTS
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw invalidOption('environment', 'MABEAM_SIM_FAULTS', 'a list of faults as JSON', text)
  }
}
