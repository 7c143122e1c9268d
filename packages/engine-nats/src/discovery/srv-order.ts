/** The order in which the servers of an SRV answer are tried. */

import type { Random } from '@mabeam/foundation'

export interface SrvTarget {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/**
 * By priority, the lowest first; within one, drawn one after the other with chances by weight.
 *
 * Source: RFC 2782, the algorithm for selecting a target. Differs: none.
 * @example srvOrder([{ name: 'b', port: 4222, priority: 2, weight: 0 }, { name: 'a', port: 4222, priority: 1, weight: 0 }], random)[0]?.name // => 'a'
 */
export function srvOrder<T extends SrvTarget>(targets: readonly T[], random: Random): readonly T[] {
  const priorities = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap((priority) =>
    drawn(
      targets.filter((one) => one.priority === priority),
      random,
    ),
  )
}

function drawn<T extends SrvTarget>(targets: readonly T[], random: Random): readonly T[] {
  // Those of weight 0 come first, so that they are drawn only by the smallest number.
  const left = random.shuffle(targets).sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const order: T[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    const number = random.int(total + 1)
    let sum = 0
    const found = left.findIndex(({ weight }) => {
      sum += weight
      return sum >= number
    })
    order.push(...left.splice(Math.max(0, found), 1))
  }
  return order
}
