/**
 * The thread of a pulse. It goes on while the program's thread is busy, and ends with the process. It loads the client and nothing of
 * ours but what does the same, to stay small.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { Beating, type SetTimer } from './beating.ts'
import { PulseConnections } from './pulse-connections.ts'
import type { FromPulse, PulseBirth, ToPulse } from './pulse-message.ts'

const { label, servers, settings } = workerData as PulseBirth

/** The thread's own clock: it is there to be told from the program's. */
const setTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

class PulseThread {
  /** Those that are asked for, and beat once there are connections. */
  readonly #beating = new Map<number, Beating | undefined>()
  readonly #connections = new PulseConnections(
    {
      label,
      settings,
      setTimer,
      random: Math.random,
      nowMs: Date.now,
      onFailure: (thrown) =>
        say({ type: 'connection-failed', message: thrown instanceof Error ? thrown.message : String(thrown) }),
    },
    servers,
  )
  readonly #opening = this.#connections.open()

  async onMessage(message: ToPulse): Promise<void> {
    switch (message.type) {
      case 'pulse-begin': {
        this.#beating.set(message.id, undefined)
        const connections = await this.#opening
        // Whoever asked may have given it up meanwhile: nobody must take it for alive.
        if (!this.#beating.has(message.id)) return
        const one = new Beating(connections, message.options, setTimer)
        this.#beating.set(message.id, one)
        await one.known()
        return say({ type: 'pulse-begun', id: message.id })
      }
      case 'pulse-end': {
        const one = this.#beating.get(message.id)
        this.#beating.delete(message.id)
        await one?.end()
        return say({ type: 'pulse-ended', id: message.id })
      }
      case 'servers-known':
        this.#connections.know(message.servers)
    }
  }
}

function say(message: FromPulse): void {
  parentPort?.postMessage(message)
}

const thread = new PulseThread()
parentPort?.on('message', (message: ToPulse) => void thread.onMessage(message))
