/**
 * One process of the bench engine-local. Prints a line of JSON: `{}` when it is ready, figures when it has any. What holds the hub or answers
 * goes on until its standard input ends.
 */

import { connect, createServer, type Socket } from 'node:net'
import { local, seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'

const [role = '', place = '', seconds = '1'] = process.argv.slice(2)
const inFlight = 64
const frameBytes = 4 + 64
const body = new Uint8Array(64).fill(7)
const print = (figures: object) => process.stdout.write(`${JSON.stringify(figures)}\n`)
const open = () =>
  local({ directory: place })({
    system: 'bench',
    name: role,
    clock: systemClock,
    random: seededRandom(`${process.pid}`),
    telemetry: silentTelemetry,
  })

if (role === 'hold') {
  await using engine = await open()
  print({ rssMiB: process.memoryUsage().rss / 2 ** 20, status: engine.status })
  await untilTold()
} else if (role === 'answer') {
  await using engine = await open()
  await engine.subscribe('bench.echo', (message) => message.respond(message.body))
  print({})
  await untilTold()
} else if (role === 'ask') {
  await using engine = await open()
  const requestsPerSec = await rate(async () => void (await engine.request('bench.echo', body)))
  const state = await engine.state('bench-state')
  const putsPerSec = await rate(async () => void (await state.put('key', body)))
  print({ requestsPerSec, putsPerSec })
} else if (role === 'echo') {
  const server = createServer((socket) => echoFrames(socket))
  await new Promise<void>((resolve) => server.listen(place, resolve))
  print({})
  await untilTold()
  server.close()
} else if (role === 'ask-echo') {
  const socket = connect(place)
  await new Promise((resolve) => socket.once('connect', resolve))
  const waiting: (() => void)[] = []
  let left = 0
  socket.on('data', (chunk) => {
    for (left += chunk.length; left >= frameBytes; left -= frameBytes) waiting.shift()?.()
  })
  const frame = Buffer.concat([Buffer.alloc(4), body])
  const requestsPerSec = await rate(() => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    socket.write(frame)
    return promise
  })
  print({ requestsPerSec })
  socket.destroy()
}

/** One after the other in each of so many lines. */
async function rate(once: () => Promise<void>): Promise<number> {
  let count = 0
  const line = async (endMs: number) => {
    for (; performance.now() < endMs; count++) await once()
  }
  const run = async (forMs: number) => {
    count = 0
    const startMs = performance.now()
    await Promise.all(Array.from({ length: inFlight }, () => line(startMs + forMs)))
    return (count / (performance.now() - startMs)) * 1_000
  }
  await run(Number(seconds) * 300)
  return await run(Number(seconds) * 1_000)
}

/** Each frame by a write of its own, as one who knows sockets and nothing of batches would; all of a chunk in one turn. */
function echoFrames(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (; at + frameBytes <= bytes.length; at += frameBytes) socket.write(bytes.subarray(at, at + frameBytes))
    rest = bytes.subarray(at)
  })
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => process.stdin.once('end', resolve).resume())
}
