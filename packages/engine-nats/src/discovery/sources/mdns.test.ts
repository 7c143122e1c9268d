import { isMabeamError, seededRandom, silentTelemetry } from '@mabeam/foundation'
import { eventually, settled, virtualClock } from '@mabeam/foundation/testing'
import { beforeAll, expect, type TestContext, test } from 'vitest'
import { advertise } from '../advertisement.ts'
import { openMulticast } from '../multicast.ts'
import { type MdnsOptions, mdns } from './mdns.ts'

const { signal } = new AbortController()
/** On this machine alone, beside whatever else speaks multicast DNS. */
const here = { interface: '127.0.0.1', port: 15_353 } as const
let refusal: unknown

beforeAll(async () => {
  try {
    await using _ = await openMulticast('test', here)
  } catch (thrown) {
    refusal = thrown
  }
})

function needsMulticast(context: TestContext): void {
  if (refusal !== undefined) context.skip(`this machine has no multicast on its loopback interface: ${refusal}`)
}

function testPort() {
  return { clock: virtualClock(), random: seededRandom(1), telemetry: silentTelemetry }
}

/** Looks until the first answer has come, then lets the time for more pass. */
async function found(options: MdnsOptions, port = testPort()): Promise<readonly string[]> {
  const find = mdns({ ...here, ...options }).find(port, signal)
  await eventually(() => port.clock.nextTimerMs === 150, 500_000)
  await port.clock.advance(150)
  return await find
}

test('servers that are advertised are found, each at one address, those of another service are not', async (context) => {
  needsMulticast(context)
  await using _one = await advertise({ ...here, name: 'one', serverPort: 4_222 })
  await using _two = await advertise({ ...here, name: 'two', serverPort: 4_223 })
  await using _other = await advertise({ ...here, name: 'three', serverPort: 4_224, service: 'other' })
  expect(await found({})).toEqual(['127.0.0.1:4222', '127.0.0.1:4223'])
  expect(await found({ service: 'other' })).toEqual(['127.0.0.1:4224'])
})

test('a look without an answer ends after waitMs with none', async (context) => {
  needsMulticast(context)
  const port = testPort()
  const find = mdns({ ...here, service: 'nobody' }).find(port, signal)
  await eventually(() => port.clock.nextTimerMs === 1_000, 500_000)
  await port.clock.advance(1_000)
  expect(await find).toEqual([])
  expect(port.clock.pendingTimers).toBe(0)
})

test('an advertisement that is taken back, twice even, is not found any more', async (context) => {
  needsMulticast(context)
  const advertisement = await advertise({ ...here, name: 'gone', service: 'gone' })
  expect(await found({ service: 'gone' })).toEqual(['127.0.0.1:4222'])
  await advertisement[Symbol.asyncDispose]()
  await advertisement[Symbol.asyncDispose]()
  const port = testPort()
  const find = mdns({ ...here, service: 'gone' }).find(port, signal)
  await eventually(() => port.clock.nextTimerMs === 1_000, 500_000)
  await port.clock.advance(1_000)
  expect(await find).toEqual([])
})

test('a look that is aborted rejects with the reason', async (context) => {
  needsMulticast(context)
  const abort = new AbortController()
  const port = testPort()
  const find = mdns({ ...here, service: 'nobody' }).find(port, abort.signal)
  await eventually(() => port.clock.pendingTimers === 1, 500_000)
  abort.abort('enough')
  await expect(find).rejects.toBe('enough')
  await settled()
})

test('an interface that this machine does not have is told, with what to do', async () => {
  await expect(mdns({ ...here, interface: '203.0.113.7' }).find(testPort(), signal)).rejects.toSatisfy(
    (thrown) =>
      isMabeamError(thrown) &&
      thrown.code === 'engine-nats/discovery-unreachable' &&
      thrown.message.endsWith('name the servers instead'),
  )
})

test.each([
  [{ servise: 'x' }, 'did you mean "service"?'],
  [{ service: 'sixteen-letters-' }, 'service: expected 1 to 15 letters'],
  [{ service: 'fifteen-letter' }, undefined],
  [{ service: 'fifteen-letters' }, undefined],
  [{ waitMs: 0 }, 'waitMs: expected an integer from 1'],
])('of the options %j it is said: %s', (options, sentence) => {
  const made = () => mdns(options as MdnsOptions)
  if (sentence === undefined) expect(made).not.toThrow()
  else expect(made).toThrow(sentence)
})

test('an advertisement without a name, or with one that is too long, is refused', async (context) => {
  needsMulticast(context)
  await expect(advertise({ ...here, name: '' })).rejects.toThrow('name: expected a non-empty string')
  await expect(advertise({ ...here, name: 'x'.repeat(64) })).rejects.toThrow('expected at most 63 bytes')
  await using _ = await advertise({ ...here, name: 'x'.repeat(63), service: 'long' })
  expect(await found({ service: 'long' })).toEqual(['127.0.0.1:4222'])
})
