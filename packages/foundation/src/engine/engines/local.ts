/**
 * The engine of several processes of one project on one machine, with nothing to install or configure: the first process hosts a hub
 * in a thread, the others connect to it, and when it dies another takes over with all that was kept.
 */

import type { EngineOpener } from '../engine.ts'
import { LocalEngine } from './local/local-engine.ts'
import { checkedLocal, type LocalOptions } from './local/local-options.ts'
import { startLocalThread } from './local/local-thread.ts'
import { openRendezvous, projectDirectory, thisMachine } from './local/rendezvous.ts'

export type { LocalOptions } from './local/local-options.ts'

/**
 * Processes of one user and one project, or with one `directory`, meet.
 *
 * *Delivery*: as the contract of an engine says. Nothing that was acknowledged is lost when a process is killed, the one with the hub
 * included; the loss of power may take what was acknowledged last. What is kept is kept as long as the directory.
 * *Runs in* real time: a node with another clock has the hub's expiries in real time all the same.
 *
 * @example await using node = await startNode({ engine: local() })
 */
export function local(options: LocalOptions = {}): EngineOpener {
  const settings = checkedLocal(options)
  return async (port) => {
    const machine = thisMachine()
    const directory = settings.directory ?? projectDirectory(settings.project ?? process.cwd(), machine)
    return await LocalEngine.open(port, {
      settings,
      place: openRendezvous(directory, machine),
      startThread: startLocalThread,
    })
  }
}
