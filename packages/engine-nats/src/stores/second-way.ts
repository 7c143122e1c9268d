/**
 * Asking over the node's other connection too, where the first has not brought an answer for a while. A server that hangs is known by
 * its silence only, which takes 6 s to be sure of: half of what a session has to live. For what may be asked twice: reads, and
 * writes on a condition, of which the second is refused when the first has been done.
 */

import type { NatsAccess, NatsPort } from '../nats-port.ts'
import { refusalCode } from './server-refusal.ts'
import { untilHeard } from './until-heard.ts'

/** Longer than servers take that are well, and short beside what a lease has. */
export const secondWayMs = 400

/** Of the engine's port, what is needed here. */
export type WaysPort = Pick<NatsPort, 'access' | 'otherAccess' | 'clock' | 'closing'>

/**
 * What comes first: a value, or a server's refusal. What only says that there was no answer counts when neither way brings one.
 *
 * Ensures: nothing goes out over the other connection before `secondWayMs`, nor where that one is down or at the same server.
 */
export function eitherWay<T>(port: WaysPort, run: (access: NatsAccess, isSecond: boolean) => Promise<T>): Promise<T> {
  let first = port.access()
  const answer = untilHeard(port, () => {
    first = port.access()
    return run(first, false)
  })
  // With one server there is nothing to wait for.
  if (port.otherAccess(first) === undefined) return answer
  return new Promise((resolve, reject) => {
    let open = 1
    const follow = (way: Promise<T>) => {
      way.then(
        (value) => {
          cancel()
          resolve(value)
        },
        (thrown) => {
          open--
          if (open > 0 && refusalCode(thrown) === undefined) return
          cancel()
          reject(thrown)
        },
      )
    }
    const cancel = port.clock.setTimer(secondWayMs, () => {
      const other = port.otherAccess(first)
      if (other === undefined) return
      open++
      follow(untilHeard(port, () => run(other, true)))
    })
    follow(answer)
  })
}
