/** A bench of the kernel beside the same work in Elixir: in turn, each in a process of its own, with Elixir's faster setting. */

import os from 'node:os'
import type { BenchOptions, BenchResult } from '../bench.ts'
import { elixirFigures, type ProcessFigures, programFigures } from './child-process.ts'
import { type Compared, ours, pairedResult, type Run } from './paired-runs.ts'

export interface BesideElixir {
  /** Of the bench, and of the work in `bench/peers/elixir/bench.exs`. */
  readonly name: string
  /** What the peer is given: milliseconds to measure, actors, or crashes. */
  readonly size: number
  /** Our processes; their figures are put together. */
  readonly programs: readonly Program[]
  /** What is compared. */
  readonly compared: readonly Compared[]
}

interface Program {
  readonly name: string
  readonly args: readonly string[]
  /** @default [] */
  readonly nodeOptions?: readonly string[]
}

/** A process of one run: ours, or Elixir's by its number of schedulers. */
interface Turn {
  readonly who: string
  run(): Promise<ProcessFigures | undefined>
}

const fullRuns = 7

/** Runs all of it several times, every other time in reverse. */
export async function besideElixir(plan: BesideElixir, { quick, log }: BenchOptions): Promise<BenchResult> {
  const runs: Run[] = []
  const count = quick ? 1 : fullRuns
  let peerIsHere = true
  for (let run = 1; run <= count; run++) {
    const turns = turnsOf(plan).filter(({ who }) => who === ours || peerIsHere)
    const figures = new Map<string, ProcessFigures>()
    for (const turn of run % 2 === 0 ? turns.toReversed() : turns) {
      const found = await turn.run()
      if (found === undefined) peerIsHere = false
      else figures.set(turn.who, { ...figures.get(turn.who), ...found })
    }
    runs.push(figures)
    log(`run ${run} of ${count}: ${JSON.stringify(Object.fromEntries(figures))}`)
  }
  return {
    ...pairedResult({ peer: 'elixir', compared: plan.compared, runs }),
    peerInstalls: { elixir: 'apt-get install elixir' },
  }
}

function turnsOf({ name, size, programs }: BesideElixir): readonly Turn[] {
  const schedulers = new Set([1, os.availableParallelism()])
  return [
    ...programs.map(({ name, args, nodeOptions }) => ({
      who: ours,
      run: () => programFigures(name, args, nodeOptions),
    })),
    ...[...schedulers].map((count) => ({
      who: `elixir +S ${count}:${count}`,
      run: () => elixirFigures(name, size, count),
    })),
  ]
}
