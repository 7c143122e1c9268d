/** A process in a network of its own: listens, and tries to reach others. */

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { systemClock } from '../../clock.ts'
import { testedProcess } from './tested-process.ts'

const port = 4_000

export const networkAnswers = {
  listen: async (host: string) => {
    const server = createServer((socket) => socket.end('here')).listen(port, host)
    await once(server, 'listening')
  },
  reach: (host: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, host)
      const end = (reached: boolean) => {
        cancel()
        socket.destroy()
        resolve(reached)
      }
      const cancel = systemClock.setTimer(400, () => end(false))
      socket.on('data', () => end(true))
      socket.on('error', () => end(false))
    }),
} as const

testedProcess(networkAnswers)
