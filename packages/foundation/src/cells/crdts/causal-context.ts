/**
 * Which events of which replicas have been seen. Each event has a dot: its replica and the number of the event there. Kept
 * as ranges that join as soon as they touch, so what is complete takes one range a replica however many events it was.
 */

/** The event `counter` (from 1) of a replica. */
export type Dot = readonly [replica: string, counter: number]
type Range = readonly [from: number, to: number]

/** By replica: ranges in order that neither overlap nor touch. */
export type CausalContext = ReadonlyMap<string, readonly Range[]>

export function contextOf(dots: readonly Dot[]): CausalContext {
  const context = new Map<string, readonly Range[]>()
  for (const [replica, counters] of countersByReplica(dots)) {
    context.set(
      replica,
      joined(
        counters.map((one): Range => [one, one]),
        [],
      ),
    )
  }
  return context
}

export function countDots(context: CausalContext): number {
  let count = 0
  for (const ranges of context.values()) for (const [from, to] of ranges) count += to - from + 1
  return count
}

export function* dotsIn(context: CausalContext): Iterable<Dot> {
  for (const [replica, ranges] of context) {
    for (const [from, to] of ranges) for (let counter = from; counter <= to; counter++) yield [replica, counter]
  }
}

export function hasDot(context: CausalContext, [replica, counter]: Dot): boolean {
  const ranges = context.get(replica)
  return ranges !== undefined && covers(ranges, [[counter, counter]])
}

/** The dot of the next event of a replica. */
export function nextDot(context: CausalContext, replica: string): Dot {
  return [replica, (context.get(replica)?.at(-1)?.[1] ?? 0) + 1]
}

/** Ensures: `context` itself when `other` holds nothing new. */
export function mergedContext(context: CausalContext, other: CausalContext): CausalContext {
  let merged: Map<string, readonly Range[]> | undefined
  for (const [replica, ranges] of other) {
    const known = context.get(replica) ?? []
    if (covers(known, ranges)) continue
    merged ??= new Map(context)
    merged.set(replica, joined(known, ranges))
  }
  return merged ?? context
}

/** The context less some dots. */
export function contextWithout(context: CausalContext, dots: readonly Dot[]): CausalContext {
  const without = new Map(context)
  for (const [replica, counters] of countersByReplica(dots)) {
    const left = cut(context.get(replica) ?? [], counters)
    if (left.length === 0) without.delete(replica)
    else without.set(replica, left)
  }
  return without
}

/** The same for equal contexts only. */
export function contextText(context: CausalContext): string {
  const lines = [...context].map(([replica, ranges]) => `${replica} ${ranges.join(' ')}`)
  return lines.sort().join('\n')
}

function covers(known: readonly Range[], ranges: readonly Range[]): boolean {
  return ranges.every(([from, to]) => {
    const range = lastFrom(known, from)
    return range !== undefined && to <= range[1]
  })
}

/** The last range that begins at `counter` or before, by halving. */
function lastFrom(ranges: readonly Range[], counter: number): Range | undefined {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle] as Range)[0] <= counter) low = middle + 1
    else high = middle
  }
  return ranges[low - 1]
}

/** Both are in order, so one pass will do. */
function joined(a: readonly Range[], b: readonly Range[]): readonly Range[] {
  const out: Range[] = []
  let [atA, atB] = [0, 0]
  while (atA < a.length || atB < b.length) {
    const [mine, theirs] = [a[atA], b[atB]]
    const takesMine = theirs === undefined || (mine !== undefined && mine[0] <= theirs[0])
    const range = (takesMine ? mine : theirs) as Range
    if (takesMine) atA++
    else atB++
    const last = out.at(-1)
    if (last !== undefined && range[0] <= last[1] + 1) out[out.length - 1] = [last[0], Math.max(last[1], range[1])]
    else out.push(range)
  }
  return out
}

function countersByReplica(dots: readonly Dot[]): ReadonlyMap<string, readonly number[]> {
  const counters = new Map<string, number[]>()
  for (const [replica, counter] of dots) {
    const known = counters.get(replica)
    if (known === undefined) counters.set(replica, [counter])
    else known.push(counter)
  }
  for (const list of counters.values()) list.sort((a, b) => a - b)
  return counters
}

/** Ranges less numbers, both in order. */
function cut(ranges: readonly Range[], counters: readonly number[]): readonly Range[] {
  const out: Range[] = []
  let at = 0
  for (const [from, to] of ranges) {
    let start = from
    while (at < counters.length && (counters[at] as number) <= to) {
      const counter = counters[at++] as number
      if (counter < start) continue
      if (counter > start) out.push([start, counter - 1])
      start = counter + 1
    }
    if (start <= to) out.push([start, to])
  }
  return out
}
