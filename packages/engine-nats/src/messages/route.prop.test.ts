import { virtualClock } from '@mabeam/foundation/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LinkRole } from '../connection/link.ts'
import { PendingRoom } from './pending-line.ts'
import { PendingRequest } from './pending-request.ts'
import { Route, type Way } from './route.ts'

/** A connection that keeps what it was given, and loses nothing while it is up. */
class KeptWay {
  up = true
  readonly sent: number[] = []
  readonly role: LinkRole
  confirmed = Promise.resolve()
  hasTaken = Promise.resolve()
  readonly connection: Way['connection']

  constructor(role: LinkRole, onSent: (n: number) => void) {
    this.role = role
    this.connection = {
      publish: (_subject, payload) => {
        if (!this.up) throw new Error(`sent over ${role}, which is down`)
        const n = (payload as Uint8Array)[0] as number
        this.sent.push(n)
        onSent(n)
      },
      flush: () => this.confirmed,
    }
  }

  taken(): Promise<void> {
    return this.hasTaken
  }

  get inbox(): Way['inbox'] {
    throw new Error('nobody asks here')
  }
}

type Step =
  | { readonly type: 'publish' }
  | { readonly type: 'turn'; readonly way: 0 | 1 }
  | { readonly type: 'wait'; readonly ms: number }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ type: 'publish' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('turn' as const), way: fc.constantFrom(0 as const, 1 as const) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 49, 50, 200) }),
    },
  ),
  { maxLength: 60 },
)

interface Planted {
  /** Tells the route of changes a moment late, as a client's status does. */
  readonly deaf?: boolean
  readonly pendingMax?: number
}

/** What was sent in all, what was refused, and when ways changed with something still on its way over the old one. */
async function played(all: readonly Step[], planted: Planted = {}) {
  const clock = virtualClock({ between: 'promises' })
  const sent: { n: number; way: LinkRole; atMs: number }[] = []
  const note = (way: LinkRole) => (n: number) => void sent.push({ n, way, atMs: clock.monotonicMs() })
  const ways = [new KeptWay('data', note('data')), new KeptWay('control', note('control'))] as const
  const room = new PendingRoom({ pendingBytesMax: 1_000_000, pendingMax: planted.pendingMax ?? 1_000 })
  const route = new Route({ clock, room, aheadBytesMax: 1_000_000, report: () => {} }, ways)
  let next = 0
  let refused = 0
  for (const step of all) {
    if (step.type === 'publish') {
      const body = new Uint8Array([next++])
      try {
        route.send('a', body)
      } catch {
        refused++
      }
      // The caller goes on with its own bytes.
      body[0] = 255
    } else if (step.type === 'turn') {
      ways[step.way].up = !ways[step.way].up
      if (!planted.deaf) route.onChange()
    } else {
      await clock.advance(step.ms)
    }
  }
  for (const way of ways) way.up = true
  route.onChange()
  await clock.advance(100)
  return { sent, published: next, refused, pendingTimers: clock.pendingTimers }
}

describe('Route', () => {
  test('sends all that was not refused, once and in order, whatever becomes of the connections', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { sent, published, refused, pendingTimers } = await played(all)
        expect(refused).toBe(0)
        expect(sent.map(({ n }) => n)).toEqual(Array.from({ length: published }, (_, n) => n))
        expect(pendingTimers).toBe(0)
      }),
    )
  })

  test('holds messages for 50 ms between two ways', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { sent } = await played(all)
        for (const [i, { way, atMs }] of sent.entries()) {
          const before = sent[i - 1]
          if (before !== undefined && before.way !== way) expect(atMs - before.atMs).toBeGreaterThanOrEqual(50)
        }
      }),
    )
  })

  test('holds messages until the server of the old way has taken what went over it, however ways change meanwhile', async () => {
    const clock = virtualClock({ between: 'promises' })
    const sent: string[] = []
    const note = (role: LinkRole) => (n: number) => void sent.push(`${role} ${n}`)
    const [data, control] = [new KeptWay('data', note('data')), new KeptWay('control', note('control'))]
    const room = new PendingRoom({ pendingBytesMax: 1_000_000, pendingMax: 10 })
    const route = new Route({ clock, room, aheadBytesMax: 1_000_000, report: () => {} }, [data, control])
    const turn = (way: KeptWay, isUp: boolean) => {
      way.up = isUp
      route.onChange()
    }
    const taken = Promise.withResolvers<void>()
    data.hasTaken = taken.promise
    route.send('a', new Uint8Array([0]))
    turn(data, false)
    route.send('a', new Uint8Array([1]))
    await clock.advance(1_000)
    turn(control, false)
    turn(control, true)
    await clock.advance(1_000)
    expect(sent).toEqual(['data 0'])
    taken.resolve()
    await clock.advance(49)
    expect(sent).toEqual(['data 0'])
    await clock.advance(1)
    expect(sent).toEqual(['data 0', 'control 1'])
    // Nothing is held for a change that was taken back.
    expect(clock.pendingTimers).toBe(0)
  })

  test('that is not told of its connections is caught by these laws', async () => {
    const all: Step[] = [{ type: 'publish' }, { type: 'turn', way: 0 }, { type: 'publish' }]
    expect((await played(all, { deaf: true })).refused).toBe(1)
  })

  test('refuses what finds no room, and keeps what was there', async () => {
    const down: Step[] = [
      { type: 'turn', way: 0 },
      { type: 'turn', way: 1 },
    ]
    const all: Step[] = [...down, ...Array.from({ length: 5 }, (): Step => ({ type: 'publish' }))]
    const { sent, refused } = await played(all, { pendingMax: 3 })
    expect(sent.map(({ n }) => n)).toEqual([0, 1, 2])
    expect(refused).toBe(2)
  })

  test('refuses what is more than the server may lag behind, until the server has said that it got it', async () => {
    const clock = virtualClock()
    const way = new KeptWay('data', () => {})
    const heard = Promise.withResolvers<void>()
    way.confirmed = heard.promise
    const room = new PendingRoom({ pendingBytesMax: 1_000_000, pendingMax: 10 })
    const route = new Route({ clock, room, aheadBytesMax: 2_000_000, report: () => {} }, [way])
    const send = () => route.send('a', new Uint8Array(1_000_001))
    send()
    send()
    expect(send).toThrow('slower than it is published')
    // The limit counts what was sent before: at it one more is taken.
    expect(way.sent.length).toBe(2)
    heard.resolve()
    await heard.promise
    await clock.advance(1)
    send()
    expect(way.sent.length).toBe(3)
  })

  test('counts messages without a body too: a server that says nothing is not ahead of any number of them', () => {
    const way = new KeptWay('data', () => {})
    way.confirmed = new Promise(() => {})
    const room = new PendingRoom({ pendingBytesMax: 1_000_000, pendingMax: 10 })
    const route = new Route({ clock: virtualClock(), room, aheadBytesMax: 10_000, report: () => {} }, [way])
    const send = () => {
      for (let i = 0; i < 1_000; i++) route.send('a.subject.that.is.long', new Uint8Array(0))
    }
    expect(send).toThrow('slower than it is published')
    expect(way.sent.length).toBeLessThan(200)
  })

  test('sends what was kept behind a message that the next server does not take, and tells of that one', async () => {
    const clock = virtualClock()
    const sent: number[] = []
    const way = new KeptWay('data', (n) => {
      if (n === 1) throw new Error('max_payload size exceeded')
      sent.push(n)
    })
    way.up = false
    const told: string[] = []
    const report = (event: string, { reason }: { readonly [key: string]: unknown }) =>
      void told.push(`${event} ${reason}`)
    const room = new PendingRoom({ pendingBytesMax: 1_000_000, pendingMax: 10 })
    const route = new Route({ clock, room, aheadBytesMax: 1_000_000, report }, [way])
    for (const n of [0, 1, 2]) route.send('a', new Uint8Array([n]))
    way.up = true
    route.onChange()
    await clock.advance(50)
    expect(sent).toEqual([0, 2])
    expect(told).toContain('message-dropped refused')
  })

  test('a request that ends while it waits makes room, and is not sent', async () => {
    const clock = virtualClock()
    const way = new KeptWay('data', () => {})
    way.up = false
    const room = new PendingRoom({ pendingBytesMax: 1_000_000, pendingMax: 2 })
    const route = new Route({ clock, room, aheadBytesMax: 1_000_000, report: () => {} }, [way])
    const request = new PendingRequest('a', () => {})
    const ended = expect(request.promise).rejects.toMatchObject({ code: 'foundation/request-timeout' })
    route.send('a', new Uint8Array([0]), request)
    route.send('a', new Uint8Array([1]))
    expect(() => route.send('a', new Uint8Array([2]))).toThrow('keeping a message')
    request.expire(1)
    await ended
    route.send('a', new Uint8Array([3]))
    expect(() => route.send('a', new Uint8Array([4]))).toThrow('keeping a message')
    way.up = true
    route.onChange()
    await clock.advance(50)
    expect(way.sent).toEqual([1, 3])
    expect([room.messages, room.bytes]).toEqual([0, 0])
  })
})
