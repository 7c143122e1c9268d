import { isMabeamError, seededRandom } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { discoveredServers, firstServers } from './discovered-servers.ts'
import { discoveryForbidden, discoveryUnreachable } from './discovery-errors.ts'
import type { ServerSource, WatchOptions } from './server-source.ts'

type Answer = readonly string[] | Error

function testPort() {
  return { clock: virtualClock(), random: seededRandom(1), telemetry: collectTelemetry() }
}

/** Gives the answers one after the other, the last again and again. */
function scripted(...answers: readonly Answer[]): ServerSource & { looks: number } {
  const source = {
    name: 'scripted',
    looks: 0,
    find: async () => {
      const answer = answers[Math.min(source.looks++, answers.length - 1)] ?? []
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  return source
}

const lost = discoveryUnreachable('scripted', 'here', 'no answer')

test('the first servers are waited for through failures, with growing delays', async () => {
  const port = testPort()
  const source = scripted(lost, [], lost, ['a'])
  const first = firstServers(source, port)
  await port.clock.advance(250 + 500 + 1_000)
  expect(await first).toEqual(['a:4222'])
  expect(source.looks).toBe(4)
  const failed = port.telemetry.named('engine-nats.discovery-failed')
  expect(failed.map(({ measurements }) => measurements.failures)).toEqual([1, 2, 3])
  const delays = failed.map(({ measurements }) => measurements.delayMs ?? 0)
  for (const [i, grownMs] of [250, 500, 1_000].entries()) {
    expect(delays[i]).toBeGreaterThanOrEqual(grownMs / 2)
    expect(delays[i]).toBeLessThanOrEqual(grownMs)
  }
  expect(port.telemetry.named('engine-nats.discovery-found')[0]?.measurements).toMatchObject({ servers: 1, looks: 4 })
  expect(port.clock.pendingTimers).toBe(0)
})

test('the wait has no end of its own', async () => {
  const port = testPort()
  const source = scripted(lost)
  await using known = discoveredServers(source, port)
  let isOver = false
  void known.first().then(
    () => {
      isOver = true
    },
    () => {},
  )
  await port.clock.advance(24 * 3_600_000)
  expect(isOver).toBe(false)
  expect(source.looks).toBeGreaterThan(24 * 360)
})

test('a wait that was given an end rejects with what the last look said', async () => {
  const port = testPort()
  const first = firstServers(scripted(lost), port, { timeoutMs: 1_000 })
  const rejected = expect(first).rejects.toThrow('no server found within 1000 ms; scripted: here: no answer')
  await port.clock.advance(1_000)
  await rejected
  expect(port.clock.pendingTimers).toBe(0)
  const empty = expect(firstServers(scripted([]), port, { timeoutMs: 100 })).rejects.toThrow(
    /^scripted: no server found within 100 ms; it answers, and names none$/,
  )
  await port.clock.advance(100)
  await empty
})

test('a wait ends with the reason of its signal, before and while it waits', async () => {
  const port = testPort()
  await expect(firstServers(scripted([]), port, { signal: AbortSignal.abort('early') })).rejects.toBe('early')
  const abort = new AbortController()
  const first = firstServers(scripted([]), port, { signal: abort.signal })
  await settled()
  abort.abort('late')
  await expect(first).rejects.toBe('late')
  expect(port.clock.pendingTimers).toBe(0)
})

test('what only a person can mend ends the wait for the first server at once', async () => {
  const port = testPort()
  const forbidden = discoveryForbidden('scripted', 'here', 'bind a Role')
  await expect(firstServers(scripted(forbidden), port)).rejects.toBe(forbidden)
})

test('servers once known stay whatever the source says, and a server it lacks goes graceMs later', async () => {
  const port = testPort()
  const forbidden = discoveryForbidden('scripted', 'here', 'bind a Role')
  const source = scripted(['a', 'b'], [], lost, forbidden, ['b'])
  await using known = discoveredServers(source, port, { refreshMs: 1_000, graceMs: 60_000 })
  const lists: (readonly string[])[] = []
  known.onChange((servers) => lists.push(servers))
  await known.first()
  await port.clock.advance(30_000)
  expect(source.looks).toBeGreaterThan(5)
  expect(known.servers).toEqual(['b:4222', 'a:4222'])
  await port.clock.advance(60_000)
  expect(known.servers).toEqual(['b:4222'])
  expect(lists.at(-1)).toEqual(['b:4222'])
  expect(port.telemetry.named('engine-nats.discovery-changed').at(-1)).toMatchObject({
    measurements: { servers: 1, added: 0, removed: 1, left: 0 },
    metadata: { source: 'scripted', servers: ['b:4222'] },
  })
})

test('a look at a reconnect asks at once and gives what is known where the source fails', async () => {
  const port = testPort()
  const source = scripted(['a'], ['b'], lost)
  await using known = discoveredServers(source, port)
  await known.first()
  expect(await known.look()).toEqual(['b:4222', 'a:4222'])
  expect(await known.look()).toEqual(['b:4222', 'a:4222'])
  await expect(known.look(AbortSignal.abort('no'))).rejects.toBe('no')
})

test('a look rejects while nothing is known', async () => {
  await using known = discoveredServers(scripted(lost), testPort())
  await expect(known.look()).rejects.toBe(lost)
})

test('a source that hangs is given up after lookMs, and asked again', async () => {
  const port = testPort()
  let looks = 0
  const source: ServerSource = {
    name: 'hanging',
    find: () => {
      looks++
      return new Promise(() => {})
    },
  }
  await using known = discoveredServers(source, port, { lookMs: 1_000 })
  await port.clock.advance(999)
  expect(looks).toBe(1)
  await port.clock.advance(400)
  expect(looks).toBe(2)
  expect(known.servers).toEqual([])
})

test('an address that is none fails the look of the source that gave it', async () => {
  const rejected = firstServers(scripted(['tls://a']), testPort())
  await expect(rejected).rejects.toSatisfy(
    (thrown) => isMabeamError(thrown) && thrown.code === 'engine-nats/invalid-server-address',
  )
})

test('a source that can be watched is watched, and watched again when its watch ends', async () => {
  const port = testPort()
  const watches: WatchOptions[] = []
  let end: (cause: unknown) => void = () => {}
  const source: ServerSource = {
    name: 'watched',
    find: async () => [],
    watch: (_, options) => {
      watches.push(options)
      return new Promise((_, reject) => {
        end = reject
      })
    },
  }
  const known = discoveredServers(source, port)
  await settled()
  watches[0]?.onServers(['a'])
  watches[0]?.onServers(['b', 'c'])
  expect(known.servers).toEqual(['b:4222', 'c:4222', 'a:4222'])
  end(lost)
  await port.clock.advance(250)
  expect(watches).toHaveLength(2)
  watches[1]?.onServers([])
  expect(known.servers).toEqual(['b:4222', 'c:4222', 'a:4222'])
  await known[Symbol.asyncDispose]()
  expect(watches[1]?.signal.aborted).toBe(true)
  watches[1]?.onServers(['late'])
  expect(known.servers).not.toContain('late:4222')
})

test('disposing ends what waits, twice is once, and no timer is left', async () => {
  const port = testPort()
  const known = discoveredServers(scripted([]), port)
  const rejected = expect(known.first()).rejects.toThrow('the looking was ended')
  await settled()
  await known[Symbol.asyncDispose]()
  await known[Symbol.asyncDispose]()
  await rejected
  await expect(known.first()).rejects.toThrow('the looking was ended')
  expect(port.clock.pendingTimers).toBe(0)
})

test('unknown and impossible options are refused in words', () => {
  const options = { graceMS: 1 }
  expect(() => discoveredServers(scripted([]), testPort(), options as object)).toThrow('did you mean "graceMs"?')
  expect(() => discoveredServers(scripted([]), testPort(), { serversMax: 0 })).toThrow(
    'serversMax: expected an integer',
  )
})

test('a watch that answers and then fails at once is begun ever more seldom', async () => {
  const port = testPort()
  let watches = 0
  const source: ServerSource = {
    name: 'scripted',
    find: async () => ['a'],
    watch: async (_, { onServers }) => {
      watches++
      onServers(['a'])
      throw lost
    },
  }
  await using known = discoveredServers(source, port)
  expect(await known.first()).toEqual(['a:4222'])
  await port.clock.advance(60_000)
  expect(watches).toBeLessThanOrEqual(20)
  expect(watches).toBeGreaterThanOrEqual(6)
})
