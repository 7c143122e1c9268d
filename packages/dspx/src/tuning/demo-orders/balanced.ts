/** Demonstrations in turns: one of each class, then the next of each, so that every beginning of the order is balanced. */

import type { Random } from '@mabeam/foundation'
import { classOf, type DemoPool } from '../demo-pool.ts'

export interface DemoOrderOptions {
  /** How many demonstrations at most. */
  readonly size: number
  readonly random: Random
  /** The outputs whose values make the classes. @default one class */
  readonly classing?: readonly string[]
  /** Only these rows. @default all */
  readonly among?: readonly number[]
}

/** Positions in `pool.rows`. The classes take turns in a new random order each round. */
export function balancedOrder(pool: DemoPool, options: DemoOrderOptions): number[] {
  const { size, random, classing } = options
  const classes = new Map<string, number[]>()
  for (const position of random.shuffle(options.among ?? pool.rows.map((_, i) => i))) {
    const row = pool.rows[position]
    if (row === undefined) continue
    const name = classOf(row, classing)
    const members = classes.get(name)
    if (members === undefined) classes.set(name, [position])
    else members.push(position)
  }
  const order: number[] = []
  let open = [...classes.values()]
  for (let round = 0; open.length > 0 && order.length < size; round++) {
    for (const members of random.shuffle(open)) order.push(members[round] as number)
    open = open.filter((members) => members.length > round + 1)
  }
  return order.slice(0, size)
}
