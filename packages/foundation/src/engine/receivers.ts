/** Of those who listen to a subject: who gets a message. */

import type { Random } from '../random.ts'

interface InQueue {
  readonly pattern: string
  readonly queue: string | undefined
}

/** Gives it to each that is in no queue, then to one of each queue. False when nobody listens. */
export function giveToReceivers<L extends InQueue>(
  listeners: Iterable<L>,
  random: Random,
  give: (listener: L) => void,
): boolean {
  let queues: Map<string, L[]> | undefined
  let isHeard = false
  for (const one of listeners) {
    isHeard = true
    if (one.queue === undefined) {
      give(one)
      continue
    }
    queues ??= new Map()
    const key = `${one.queue} ${one.pattern}`
    const members = queues.get(key)
    if (members === undefined) queues.set(key, [one])
    else members.push(one)
  }
  for (const members of queues?.values() ?? []) give(members[random.int(members.length)] as L)
  return isHeard
}
