/** Measures what a machine can do: short runs of calls, casts, starts and the codec on a real node. */

import { availableParallelism } from 'node:os'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { createCodec } from '../codec/codec.ts'
import type { Node } from '../node/node.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import type { Baseline } from './baseline.ts'

export interface MeasureOptions {
  /** Starts the node that is measured, as the program starts its own; it is closed afterwards. */
  readonly startNode: () => Promise<Node>
  /** For all figures together, on the clock of the node. @default 2_000 */
  readonly durationMs?: number
  /** @default none */
  readonly signal?: AbortSignal
}

const measureDefaults = { durationMs: 2_000 } as const satisfies Pick<Required<MeasureOptions>, 'durationMs'>

/** Rounds of one figure at most, so that it ends on a clock that stands still. */
const roundsMax = 100_000
const roundCalls = 100
const roundCasts = 1_000
const roundSpawns = 100
const roundCopies = 100

/**
 * What the machine can do right now. It takes the whole thread for `durationMs`: run it before the work begins. Figures of a
 * shared machine vary by tens of percent, and by more when it is measured for less than a second.
 *
 * Rejects with `signal.reason`, and with `foundation/invalid-option` for a node whose clock stands still.
 *
 * @example const baseline = await measureBaseline({ startNode: () => startNode(values), durationMs: 2_000 })
 */
export async function measureBaseline(options: MeasureOptions): Promise<Baseline> {
  checkOptions('measureBaseline', options, {
    startNode: rule.fn(),
    durationMs: rule.optional(rule.number(1, 600_000)),
    signal: rule.optional(rule.object()),
  })
  const { durationMs = measureDefaults.durationMs, signal } = options
  signal?.throwIfAborted()
  await using node = await options.startNode()
  const target = await node.spawn(Target, undefined, { mailboxCapacity: roundCasts + 1 })
  const rate = (round: Round) => perSecond(node, { durationMs: durationMs / 4, signal }, round)
  return {
    kind: 'mabeam-baseline',
    version: 1,
    atMs: node.clock.nowMs(),
    nodeVersion: process.versions.node,
    cores: availableParallelism(),
    callsPerSec: await rate(() => calls(target)),
    castsPerSec: await rate(() => casts(target)),
    spawnsPerSec: await rate(() => spawns(node)),
    codecBytesPerSec: await rate(codecRound(target)),
  }
}

/** Resolves with how much was done. */
type Round = () => Promise<number>

const Target = defineActor(import.meta.url, {
  name: 'baseline-target',
  version: 1,
  init: () => 0,
  calls: { count: { run: (n: number, by: number) => [n + by, n + by] } },
  casts: { add: { run: (n: number, by: number) => n + by } },
})

async function calls(target: ActorRef<typeof Target>): Promise<number> {
  for (let i = 0; i < roundCalls; i++) await target.call('count', 1)
  return roundCalls
}

async function casts(target: ActorRef<typeof Target>): Promise<number> {
  for (let i = 0; i < roundCasts; i++) target.cast('add', 1)
  // It comes after them, so they are done when it is.
  await target.call('count', 0)
  return roundCasts
}

async function spawns(node: Node): Promise<number> {
  for (let i = 0; i < roundSpawns; i++) await node.stop(await node.spawn(Target, undefined))
  return roundSpawns
}

function codecRound(target: ActorRef<typeof Target>): Round {
  const codec = createCodec()
  const order = {
    id: 'order-4711',
    at: 1_750_000_000_000,
    express: true,
    notes: 'leave it with the neighbours'.repeat(4),
  }
  const message = {
    ...order,
    lines: Array.from({ length: 8 }, (_, i) => ({ sku: `sku-${i}`, pieces: i, price: 1.5 * i })),
  }
  const { length } = codec.encode(message)
  return async () => {
    for (let i = 0; i < roundCopies; i++) codec.copy(message)
    // Gives the thread back, as a node does.
    await target.call('count', 0)
    return roundCopies * length
  }
}

async function perSecond(
  { clock }: Node,
  { durationMs, signal }: { readonly durationMs: number; readonly signal: AbortSignal | undefined },
  round: Round,
): Promise<number> {
  const fromMs = clock.monotonicMs()
  let done = 0
  for (let rounds = 0; rounds < roundsMax; rounds++) {
    signal?.throwIfAborted()
    done += await round()
    const elapsedMs = clock.monotonicMs() - fromMs
    if (elapsedMs >= durationMs) return (done / elapsedMs) * 1_000
  }
  const elapsedMs = clock.monotonicMs() - fromMs
  if (elapsedMs > 0) return (done / elapsedMs) * 1_000
  throw invalidOption('measureBaseline', 'startNode', 'a node whose clock moves', 'one whose clock stands still')
}
