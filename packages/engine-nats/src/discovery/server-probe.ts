/** Whether a server of NATS answers at an address: it says who it is as soon as somebody connects. */

import { connect } from 'node:net'
import type { Clock } from '@mabeam/foundation'

export interface ProbeOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** What a server begins with; more than so many bytes are not looked at. */
const greeting = 'INFO '

/**
 * True as soon as the server greets. A server with `handshake_first` waits for TLS and says nothing, so it is not found out.
 * Never rejects.
 */
export function answersAsNats(address: string, { clock, timeoutMs, signal }: ProbeOptions): Promise<boolean> {
  const cut = address.lastIndexOf(':')
  const host = address.slice(0, cut).replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const socket = connect({ host, port: Number(address.slice(cut + 1)) })
    const done = (answers: boolean) => {
      cancel()
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(answers)
    }
    const onAbort = () => done(false)
    const cancel = clock.setTimer(timeoutMs, onAbort)
    signal.addEventListener('abort', onAbort, { once: true })
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1', 0, greeting.length)
      if (heard.length >= greeting.length) done(heard.startsWith(greeting))
    })
    socket.on('error', () => done(false))
    socket.on('close', () => done(false))
  })
}
