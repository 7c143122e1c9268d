/** What somebody who can send on the engine may try, each with what has to become of it. */

import { expect } from 'vitest'
import type { Engine, EngineMessage } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { isMabeamError } from '../errors.ts'
import { seededRandom } from '../random.ts'
import { type ContractCase, collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { SignedEngine } from './signed-engine.ts'
import { systemKeys } from './system-keys.ts'

export const secretOf = (letter: string) => letter.repeat(32)
export const bytes = (text: string) => new TextEncoder().encode(text)
export const text = (body: Uint8Array) => new TextDecoder().decode(body)

/** Nodes on one memory engine, of which each may have other secrets, and somebody without any. */
export function world() {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  let nodes = 0
  const node = (secret: string | readonly string[], aheadMs = 0) => {
    const name = `n${++nodes}`
    const own = { ...clock, nowMs: () => clock.nowMs() + aheadMs }
    const port = { system: 'test', name, epoch: 1, clock: own, random: seededRandom(name), telemetry }
    return new SignedEngine({ engine, keys: systemKeys('test', 'test', { secret }), port })
  }
  /** How something ends that waits for at most five seconds. */
  const outcome = async (answer: Promise<Uint8Array>) => {
    const ended = answer.then(text, (thrown: unknown) => failure(Promise.reject(thrown)))
    await clock.advance(5_000)
    return await ended
  }
  return { clock, engine, telemetry, node, outcome }
}

/** What was heard on a subject. */
export async function ears(engine: Engine, subject: string, options = {}) {
  const heard: string[] = []
  await engine.subscribe(subject, ({ body }) => void heard.push(text(body)), options)
  return heard
}

/** Frames as they pass on a subject, to be played again. */
export async function wire(engine: Engine, subject: string) {
  const frames: Uint8Array[] = []
  await engine.subscribe(subject, ({ body }) => void frames.push(body.slice()))
  return frames
}

export const reasons = ({ refused }: SignedEngine) =>
  Object.fromEntries(Object.entries(refused).filter(([, n]) => n > 0))

export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (thrown) => (isMabeamError(thrown) ? `${thrown.code} ${thrown.data.reason}` : String(thrown)),
  )

/** Whoever has the engine answers before the node does. */
async function answeredBy(respond: (message: EngineMessage) => void) {
  const { engine, node, outcome } = world()
  await engine.subscribe('x', respond)
  return { a: node(secretOf('a')), outcome }
}

/** Each in a world of its own; a broken one rejects. */
export const attackLaws: readonly ContractCase[] = [
  {
    name: 'what is not signed is not heard, empty or not',
    run: async () => {
      const { engine, node } = world()
      const heard = await ears(node(secretOf('a')), 'x')
      engine.publish('x', bytes('plain'))
      engine.publish('x', new Uint8Array(0))
      await settled()
      expect(heard).toEqual([])
    },
  },
  {
    name: 'what is signed is never taken with one bit of it changed, or cut off anywhere',
    run: async () => {
      const { engine, node } = world()
      const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
      const frames = await wire(engine, 'x')
      a.publish('x', bytes('pay 1'))
      await settled()
      const heard = await ears(b, 'x')
      const frame = frames.pop() as Uint8Array
      for (let bit = 0; bit < frame.length * 8; bit++) {
        const changed = frame.slice()
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        engine.publish('x', changed)
      }
      for (let length = 0; length < frame.length; length++) engine.publish('x', frame.slice(0, length))
      await settled()
      expect(heard).toEqual([])
      expect(Object.values(b.refused).reduce((sum, one) => sum + one)).toBe(frame.length * 9)
      engine.publish('x', frame)
      await settled()
      expect(heard).toEqual(['pay 1'])
    },
  },

  {
    name: 'what is signed is never taken from one subject to another, from telling to asking, or from asking to telling',
    run: async () => {
      const { engine, node } = world()
      const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
      const frames = await wire(engine, 'x')
      a.publish('x', bytes('told'))
      void failure(a.request('x', bytes('asked')))
      await settled()
      const [told, asked] = frames as [Uint8Array, Uint8Array]
      const [here, other] = [await ears(b, 'x'), await ears(b, 'y')]
      engine.publish('y', told)
      engine.publish('x', asked)
      void failure(engine.request('x', told))
      await settled()
      expect([here, other]).toEqual([[], []])
      expect(reasons(b)).toEqual({ signature: 1, malformed: 2 })
    },
  },

  {
    name: 'what is signed is refused when it comes again, for as long as it would be taken at all',
    run: async () => {
      const { engine, node, clock } = world()
      const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
      const frames = await wire(engine, 'x')
      const heard = await ears(b, 'x')
      a.publish('x', bytes('once'))
      await settled()
      const frame = frames[0] as Uint8Array
      const again = async () => {
        engine.publish('x', frame)
        await settled()
      }
      await again()
      await clock.advance(300_000)
      await again()
      expect(reasons(b)).toEqual({ replayed: 2 })
      await clock.advance(1)
      await again()
      expect(reasons(b)).toEqual({ replayed: 2, stale: 1 })
      expect(heard).toEqual(['once'])
    },
  },

  {
    name: 'what is signed is taken at the oldest and the newest that clocks may differ by, and not one past it',
    run: async () => {
      for (const [aheadMs, isHeard] of [
        [300_000, true],
        [-300_000, true],
        [300_001, false],
        [-300_001, false],
      ] as const) {
        const { node, clock } = world()
        const [a, b] = [node(secretOf('a'), aheadMs), node(secretOf('a'))]
        const heard = await ears(b, 'x')
        // Longer than anything is remembered.
        await clock.advance(600_000)
        a.publish('x', bytes('now'))
        await settled()
        expect([aheadMs, heard]).toEqual([aheadMs, isHeard ? ['now'] : []])
        expect(reasons(b)).toEqual(isHeard ? {} : { stale: 1 })
      }
    },
  },
  {
    name: 'a message with another secret is neither heard nor answered, and is told apart from what is not signed',
    run: async () => {
      const { node, outcome } = world()
      const [a, b] = [node(secretOf('a')), node(secretOf('b'))]
      const heard = await ears(b, 'x')
      a.publish('x', bytes('foreign'))
      expect(await outcome(a.request('x', bytes('foreign')))).toBe('foundation/message-refused unknown-secret')
      expect(heard).toEqual([])
      expect(reasons(b)).toEqual({ 'unknown-secret': 2 })
    },
  },

  {
    name: 'answers that are not signed are none',
    run: async () => {
      const { a, outcome } = await answeredBy((message) => message.respond(bytes('forged')))
      expect(await outcome(a.request('x', bytes('?')))).toBe('foundation/message-refused unsigned')
      expect(reasons(a)).toEqual({ unsigned: 1 })
    },
  },

  {
    name: 'answers that are the request itself are none',
    run: async () => {
      const { a, outcome } = await answeredBy((message) => message.respond(message.body))
      expect(await outcome(a.request('x', bytes('1')))).toBe('foundation/message-refused signature')
    },
  },

  {
    name: 'answers are bound to their request: the answer to one is refused as that to the next',
    run: async () => {
      const { engine, node, outcome } = world()
      const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
      // A thief between them: asks `b` what `a` asks, keeps its first answer and gives it to all.
      await b.subscribe('behind', (message) => message.respond(bytes(`${text(message.body)}!`)))
      const kept: Uint8Array[] = []
      const behind: Engine = Object.create(engine, {
        request: {
          value: async (...asked: Parameters<Engine['request']>) => {
            kept.push(await engine.request(...asked))
            return kept[0]
          },
        },
      })
      const keys = systemKeys('test', 'test', { secret: secretOf('a') })
      const clock = virtualClock()
      const port = {
        system: 'test',
        name: 'n3',
        epoch: 1,
        clock,
        random: seededRandom(3),
        telemetry: collectTelemetry(),
      }
      const robbed = new SignedEngine({ engine: behind, keys, port })
      expect(await outcome(robbed.request('behind', bytes('1')))).toBe('1!')
      expect(await outcome(robbed.request('behind', bytes('2')))).toBe('foundation/message-refused signature')
      expect(await outcome(a.request('behind', bytes('3')))).toBe('3!')
    },
  },
  {
    name: 'what was said before a subscription began is not said to it again, but for what clocks differ by',
    run: async () => {
      const { engine, node, clock } = world()
      const frames = await wire(engine, 'x')
      const a = node(secretOf('a'))
      for (const word of ['drain', 'drain later']) {
        a.publish('x', bytes(word))
        await settled()
        await clock.advance(1)
      }
      await clock.advance(4_999)
      // A later life of the node that was meant: it remembers nothing.
      const b = node(secretOf('a'))
      const heard = await ears(b, 'x')
      for (const frame of frames.slice(0, 2)) engine.publish('x', frame)
      await settled()
      expect([heard, reasons(b)]).toEqual([['drain later'], { stale: 1 }])
    },
  },
]
