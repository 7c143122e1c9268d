import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DiscoveryEvent, type DiscoveryStep, discoveryStep, newDiscovery } from './discovery-step.ts'

const limits = { graceMs: 100, serversMax: 3, refreshMs: 50, delayMinMs: 10, delayMaxMs: 80 }

interface Look {
  readonly servers: readonly string[] | 'failed'
  readonly afterMs: number
}

const looks = fc.array(
  fc.record<Look>({
    servers: fc.oneof(
      fc.constant('failed' as const),
      fc.uniqueArray(fc.constantFrom('a:1', 'b:1', 'c:1', 'd:1'), { maxLength: 4 }),
    ),
    afterMs: fc.integer({ min: 0, max: 80 }),
  }),
  { maxLength: 20 },
)

/** What a run breaks, or nothing. */
function broken(step: DiscoveryStep, run: readonly Look[]): string | undefined {
  let state = newDiscovery(limits)
  let atMs = 0
  let told: ReadonlySet<string> = new Set()
  let barren = 0
  const namedMs = new Map<string, number>()
  for (const { servers, afterMs } of run) {
    atMs += afterMs
    const event: DiscoveryEvent = servers === 'failed' ? { type: 'failed' } : { type: 'found', servers, atMs }
    const before = state.servers.map(({ address }) => address)
    const [next, commands] = step(state, event)
    const after = next.servers.map(({ address }) => address)
    const isBarren = servers === 'failed' || servers.length === 0
    if (before.length > 0 && after.length === 0) return 'all servers were forgotten'
    if (isBarren && String(before) !== String(after)) return 'an answer without servers changed what is known'
    if (after.length > limits.serversMax) return 'more than serversMax'
    if (new Set(after).size !== after.length) return 'a server is there twice'
    if (!isBarren) {
      for (const one of servers) namedMs.set(one, atMs)
      if (String(after.slice(0, servers.length)) !== String(servers.slice(0, limits.serversMax)))
        return 'order of the answer'
      for (const one of after) {
        if (atMs - (namedMs.get(one) ?? Number.NEGATIVE_INFINITY) > limits.graceMs) return 'kept past graceMs'
      }
      for (const one of before) {
        const isRecent = atMs - (namedMs.get(one) ?? 0) <= limits.graceMs
        if (isRecent && !after.includes(one) && after.length < limits.serversMax) return 'taken away before graceMs'
      }
    }
    const tell = commands.find((command) => command.type === 'tell')
    if (tell !== undefined) {
      told = new Set([...told].filter((one) => !tell.removed.includes(one)).concat(tell.added))
    }
    if (String([...told].sort()) !== String([...after].sort())) return 'what is told is not what is known'
    const look = commands.filter((command) => command.type === 'look-again')
    if (look.length !== 1) return 'nobody says when to look again'
    barren = isBarren ? barren + 1 : 0
    const wantedMs = isBarren ? Math.min(limits.delayMaxMs, limits.delayMinMs * 2 ** (barren - 1)) : limits.refreshMs
    if (look[0]?.delayMs !== wantedMs) return 'the delay'
    state = next
  }
  return undefined
}

test('servers once found stay through empty and failed answers, and each goes only graceMs after it was last named', () => {
  fc.assert(
    fc.property(looks, (run) => {
      expect(broken(discoveryStep, run)).toBeUndefined()
    }),
  )
})

const mutants: { readonly [name: string]: DiscoveryStep } = {
  'forgets all at an empty answer': (state, event) => {
    const [next, commands] = discoveryStep(state, event)
    return event.type === 'found' && event.servers.length === 0
      ? [{ ...next, servers: [] }, commands]
      : [next, commands]
  },
  'believes a partial answer': (state, event) =>
    discoveryStep({ ...state, limits: { ...state.limits, graceMs: -1 } }, event),
  'keeps for ever': (state, event) =>
    discoveryStep({ ...state, limits: { ...state.limits, graceMs: Number.POSITIVE_INFINITY } }, event),
  'has no limit': (state, event) => discoveryStep({ ...state, limits: { ...state.limits, serversMax: 1_000 } }, event),
  'never waits longer': (state, event) => discoveryStep({ ...state, failures: 0 }, event),
  'tells nothing': (state, event) => {
    const [next, commands] = discoveryStep(state, event)
    return [next, commands.filter(({ type }) => type !== 'tell')]
  },
}

test.each(Object.entries(mutants))('the law catches a step that %s', (_, step) => {
  const result = fc.check(
    fc.property(looks, (run) => broken(step, run) === undefined),
    { numRuns: 2_000 },
  )
  expect(result.failed).toBe(true)
})

test('delays double up to delayMaxMs and begin anew after a server was found', () => {
  let state = newDiscovery(limits)
  const delays = (['failed', 'failed', 'failed', 'failed', 'failed', 'found', 'failed'] as const).map((type) => {
    const [next, commands] = discoveryStep(state, type === 'failed' ? { type } : { type, servers: ['a:1'], atMs: 0 })
    state = next
    return commands.flatMap((command) => (command.type === 'look-again' ? [command.delayMs] : []))[0]
  })
  expect(delays).toEqual([10, 20, 40, 80, 80, 50, 10])
})

test('serversMax are kept, and one more is left out and counted', () => {
  const at = (servers: readonly string[]) => discoveryStep(newDiscovery(limits), { type: 'found', servers, atMs: 0 })
  expect(at(['a:1', 'b:1', 'c:1'])[1][0]).toMatchObject({ type: 'tell', left: 0 })
  const [state, commands] = at(['a:1', 'b:1', 'c:1', 'd:1'])
  expect(state.servers).toHaveLength(3)
  expect(commands[0]).toMatchObject({ type: 'tell', added: ['a:1', 'b:1', 'c:1'], left: 1 })
})
