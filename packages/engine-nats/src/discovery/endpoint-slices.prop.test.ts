import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressesOf, type EndpointSlices, noSlices, type SliceEvent, slicesStep } from './endpoint-slices.ts'

type Step = (state: EndpointSlices, event: SliceEvent) => EndpointSlices | undefined

type Change =
  | { readonly type: 'put'; readonly name: string; readonly hosts: readonly string[] }
  | { readonly type: 'remove'; readonly name: string }
  | { readonly type: 'bookmark' }
  | { readonly type: 'gone' }

const name = fc.constantFrom('a', 'b', 'c')
const changes = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('put' as const),
      name,
      hosts: fc.uniqueArray(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'), { maxLength: 3 }),
    }),
    fc.record({ type: fc.constant('remove' as const), name }),
    fc.record({ type: fc.constant('bookmark' as const) }),
    fc.record({ type: fc.constant('gone' as const) }),
  ),
)

function objectOf(name: string, hosts: readonly string[], version: number) {
  const endpoints = hosts.map((host) => ({ addresses: [host], conditions: { ready: true } }))
  return { metadata: { name, resourceVersion: String(version) }, ports: [{ name: 'client', port: 4222 }], endpoints }
}

/** Follows changes as a watch does, and lists all anew when told to: both must see what is there. */
function broken(step: Step, run: readonly Change[]): string | undefined {
  const there = new Map<string, readonly string[]>()
  let state: EndpointSlices | undefined = noSlices
  let version = 0
  for (const change of run) {
    version++
    if (state.resourceVersion === undefined) {
      const items = [...there].map(([one, hosts]) => objectOf(one, hosts, version))
      state = step(state, { type: 'listed', items, resourceVersion: String(version) })
      version++
    }
    if (state === undefined) return 'a list was refused'
    let event: SliceEvent = { type: 'gone' }
    if (change.type === 'put') {
      const type = there.has(change.name) ? 'MODIFIED' : 'ADDED'
      there.set(change.name, change.hosts)
      event = { type: 'watched', line: { type, object: objectOf(change.name, change.hosts, version) } }
    } else if (change.type === 'remove') {
      if (!there.delete(change.name)) continue
      event = { type: 'watched', line: { type: 'DELETED', object: objectOf(change.name, [], version) } }
    } else if (change.type === 'bookmark') {
      const object = { metadata: { resourceVersion: String(version) } }
      event = { type: 'watched', line: { type: 'BOOKMARK', object } }
    }
    state = step(state, event)
    if (state === undefined) return 'an event was refused'
    const wanted = [...new Set([...there.values()].flat())].map((host) => `${host}:4222`).sort()
    if (String(addressesOf(state, 4_222)) !== String(wanted)) return 'the addresses are not those that are there'
    const from = change.type === 'gone' ? undefined : String(version)
    if (state.resourceVersion !== from) return 'the watch would go on from elsewhere'
  }
  return undefined
}

test('what is watched comes to the same as what is listed', () => {
  fc.assert(
    fc.property(changes, (run) => {
      expect(broken(slicesStep, run)).toBeUndefined()
    }),
  )
})

function but(wrong: (state: EndpointSlices, type: unknown) => boolean): Step {
  return (state, event) =>
    wrong(state, event.type === 'watched' ? Reflect.get(Object(event.line), 'type') : event.type)
      ? state
      : slicesStep(state, event)
}

const mutants: { readonly [name: string]: Step } = {
  'keeps what is deleted': but((_, type) => type === 'DELETED'),
  'misses a change': but((_, type) => type === 'MODIFIED'),
  'ignores a bookmark': but((_, type) => type === 'BOOKMARK'),
  'goes on from a version that is gone': but((_, type) => type === 'gone'),
  'adds a list to what it had': (state, event) => {
    const next = slicesStep(state, event)
    if (next === undefined || event.type !== 'listed') return next
    return {
      ...next,
      slices: new Map([...state.slices, ['left', [...next.slices.values()][0] ?? { endpoints: [], ports: new Map() }]]),
    }
  },
}

test.each(Object.entries(mutants))('the law catches a step that %s', (_, step) => {
  const result = fc.check(
    fc.property(changes, (run) => broken(step, run) === undefined),
    { numRuns: 2_000 },
  )
  expect(result.failed).toBe(true)
})

test.each([
  undefined,
  'text',
  {},
  { type: 'ADDED' },
  { type: 'ADDED', object: { metadata: { name: 'a' } } },
  { type: 'ADDED', object: { metadata: { resourceVersion: '2' } } },
  { type: 'ERROR', object: { code: 500 } },
  { type: 'OTHER', object: { metadata: { name: 'a', resourceVersion: '2' } } },
])('the line %j ends the trust in the watch', (line) => {
  expect(slicesStep(noSlices, { type: 'watched', line })).toBeUndefined()
})

test('a thousand slices are kept, and one more is left out', () => {
  const item = (i: number) => objectOf(`s${i}`, [`10.0.${Math.floor(i / 250)}.${i % 250}`], 1)
  const items = Array.from({ length: 1_001 }, (_, i) => item(i))
  const state = slicesStep(noSlices, { type: 'listed', items, resourceVersion: '1' })
  expect(state?.slices.size).toBe(1_000)
  const next = slicesStep(state ?? noSlices, { type: 'watched', line: { type: 'ADDED', object: item(1_000) } })
  expect(next?.slices.size).toBe(1_000)
})
