/** Draws a schedule of faults: which, when, where and for how long. */

import { checkOptions, rule } from '../../options.ts'
import type { Random } from '../../random.ts'
import { type Fault, type FaultType, faultTypes, serverPlace } from './fault.ts'

export interface FaultMixOptions {
  /** Mean time from one fault to the next. @default 3_000 */
  readonly everyMs?: number
  /** How often each is drawn, in proportion; 0 is never. @default 1 each */
  readonly weights?: { readonly [type in FaultType]?: number }
}

const faultMixDefaults = { everyMs: 3_000, weights: {} } as const satisfies Required<FaultMixOptions>

/** Longest duration of each; the shortest is a twentieth. An election takes 4 to 8 s. */
const longestMs: { readonly [type in FaultType]: number } = {
  cut: 10_000,
  isolate: 20_000,
  pause: 10_000,
  crash: 5_000,
  outage: 8_000,
  noise: 10_000,
  slow: 10_000,
  skew: 20_000,
}

/** No schedule is longer; further faults are not drawn. */
const faultsMax = 1_000

/** The same stream, nodes and options give the same schedule, in order of time. All of it ends by `forMs`. */
export function faultSchedule(
  random: Random,
  run: { readonly nodes: readonly string[]; readonly forMs: number },
  options: FaultMixOptions = {},
): readonly Fault[] {
  const rules = Object.fromEntries(faultTypes.map((type) => [type, rule.optional(rule.number(0))]))
  checkOptions('faults', options, { everyMs: rule.optional(rule.number(1)), weights: rule.optional(rule.object()) })
  checkOptions('faults: weights', options.weights ?? {}, rules)
  const { everyMs, weights } = { ...faultMixDefaults, ...options }
  const mix = faultTypes.map((type) => ({ type, weight: (weights as { [type in FaultType]?: number })[type] ?? 1 }))
  const total = mix.reduce((sum, one) => sum + one.weight, 0)
  const faults: Fault[] = []
  if (total === 0) return faults
  for (
    let atMs = gapMs(random, everyMs);
    atMs < run.forMs && faults.length < faultsMax;
    atMs += gapMs(random, everyMs)
  ) {
    const type = drawnType(random.next() * total, mix)
    const mostMs = longestMs[type]
    const leastMs = type === 'outage' ? 4_000 : mostMs / 20
    const forMs = Math.min(run.forMs - atMs, Math.round(leastMs + random.next() ** 2 * (mostMs - leastMs)))
    faults.push(drawn(random, { type, atMs, forMs }, run.nodes))
  }
  return faults
}

function drawnType(point: number, mix: readonly { readonly type: FaultType; readonly weight: number }[]): FaultType {
  let left = point
  for (const { type, weight } of mix) {
    left -= weight
    if (left < 0) return type
  }
  // Rounding only.
  return mix.findLast((one) => one.weight > 0)?.type ?? 'pause'
}

function gapMs(random: Random, everyMs: number): number {
  return Math.ceil(-everyMs * Math.log(1 - random.next()))
}

function drawn(
  random: Random,
  { type, ...time }: { readonly type: FaultType; readonly atMs: number; readonly forMs: number },
  nodes: readonly string[],
): Fault {
  const node = nodes[random.int(nodes.length)] as string
  const rate = (most: number) => Math.round(random.next() * most * 100) / 100
  if (type === 'cut') {
    const others = [...nodes.filter((one) => one !== node), serverPlace]
    const other = others[random.int(others.length)] as string
    return random.int(2) === 0 ? { type, ...time, from: node, to: other } : { type, ...time, from: other, to: node }
  }
  if (type === 'isolate') return { type, ...time, node, stale: random.int(3) === 0 }
  if (type === 'outage') return { type, ...time }
  if (type === 'noise') return { type, ...time, lossRate: rate(0.5), doubleRate: rate(0.3), lostAnswerRate: rate(0.3) }
  if (type === 'slow') return { type, ...time, node, byMs: 1 + random.int(500) }
  if (type === 'skew') return { type, ...time, node, byMs: random.int(240_000) - 120_000 }
  return { type, ...time, node }
}
