/** Actors for the tests of threads, in a module that a thread can load. */

import { parentPort, threadId } from 'node:worker_threads'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { defineActor } from '../actors/actor.ts'
import type { ActorReference } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { effect, withEffects } from '../actors/effect.ts'
import { delay, systemClock } from '../clock.ts'
import { currentContext } from '../context/context.ts'
import { MabeamError } from '../errors.ts'

const positive: StandardSchemaV1<number, number> = {
  '~standard': {
    version: 1,
    vendor: 'fixture',
    validate: (value) =>
      typeof value === 'number' && value > 0 ? { value } : { issues: [{ message: 'expected a number above 0' }] },
  },
}

/** Counts, says where it runs, and knows others. */
export const Worker = defineActor(import.meta.url, {
  name: 'worker',
  version: 1,
  isolation: 'thread',
  init: (start: number | undefined) => ({ n: start ?? 0, heard: [] as string[] }),
  calls: {
    add: { input: positive, run: (s, by) => [{ ...s, n: s.n + by }, s.n + by] },
    threadId: { run: (s) => [s, threadId] },
    heard: { run: (s) => [s, s.heard] },
    fence: { run: (s, _: undefined, context) => [s, context.fence ?? null] },
    self: { run: (s, _: undefined, context) => [s, context.self] },
    draw: { run: (s, _: undefined, context) => [s, context.random.int(1_000_000)] },
    user: { run: async (s) => [s, await Promise.resolve().then(() => currentContext()?.user ?? null)] },
    echo: { run: (s, value: ReadonlyMap<bigint, Date>) => [s, value] },
    fail: {
      run: () => {
        throw new MabeamError('test/failed', 'it failed', { data: { why: 'asked' } })
      },
    },
    notAReply: { run: ((s: unknown) => s) as never },
    text: {
      run: (s, length: number) => [
        { ...s, n: s.n + 1 },
        'x'.repeat(length),
        [effect.startTimer('t', { delayMs: 9e9, cast: 'hear' })],
      ],
    },
    unsendable: { run: (s) => [{ ...s, n: 99 }, (() => 1) as unknown] },
    askOther: {
      run: async (s, ask: { to: ActorReference; call: string; input?: unknown; timeoutMs?: number }) => {
        const to = ask.to as ActorRef
        const options = ask.timeoutMs === undefined ? {} : { timeoutMs: ask.timeoutMs }
        try {
          return [s, { reply: await to.call(ask.call as never, ask.input, options) }]
        } catch (thrown) {
          return [s, { code: (thrown as MabeamError).code, message: (thrown as Error).message }]
        }
      },
    },
    castOther: {
      run: (s, to: ActorReference) => {
        const other = to as ActorRef
        other.cast('hear' as never, 'cast' as never)
        return [s, undefined, [effect.cast(to, 'hear', 'effect')]]
      },
    },
    /** Waits until it is told to stop waiting; says so to `news`. */
    waitForSignal: {
      run: (_s, news: ActorReference, context) =>
        new Promise<never>((_, reject) => {
          ;(news as ActorRef).cast('hear' as never, 'waiting' as never)
          context.signal.addEventListener('abort', () => {
            ;(news as ActorRef).cast('hear' as never, `aborted: ${(context.signal.reason as Error).message}` as never)
            reject(context.signal.reason)
          })
        }),
    },
    ignoreSignal: {
      run: (_s, news: ActorReference) => {
        ;(news as ActorRef).cast('hear' as never, 'ignoring' as never)
        return new Promise<never>(() => {})
      },
    },
    startTimer: {
      run: (s) => [s, undefined, [effect.startTimer('t', { delayMs: 1, cast: 'hear', input: 'timer' })]],
    },
    watch: {
      run: (s, other: ActorReference, context) => {
        const { self } = context
        ;(other as ActorRef).monitor((reason) =>
          (self as ActorRef).cast('hear' as never, `monitor ${reason.type}` as never),
        )
        return [s, undefined, [effect.monitor(other)]]
      },
    },
    badEffect: { run: (s) => [s, undefined, [effect.cast({} as never, 'x', () => 1)]] },
    quit: { run: (s) => [s, 'bye', [effect.stop()]] },
    flood: {
      run: (s, ask: { to: ActorReference; times: number }) => {
        let sent = 0
        try {
          for (; sent < ask.times; sent++) (ask.to as ActorRef).cast('hear' as never, 'flood' as never)
        } catch (thrown) {
          return [s, { sent, code: (thrown as MabeamError).code }]
        }
        return [s, { sent }]
      },
    },
  },
  casts: {
    /** Waits until the actor is no more. */
    hold: {
      run: (_s, news: ActorReference, context) =>
        new Promise<never>(() => {
          ;(news as ActorRef).cast('hear' as never, 'holding' as never)
          context.signal.addEventListener('abort', () => (news as ActorRef).cast('hear' as never, 'let go' as never))
        }),
    },
    hear: { run: (s, what: string) => ({ ...s, heard: [...s.heard, what] }) },
  },
  save: (s) => ({ n: s.n }),
  load: (saved: { readonly n: number }) => ({ n: saved.n * 10, heard: [] }),
  down: (s, gone) => ({ ...s, heard: [...s.heard, `down ${gone.reason.type}`] }),
})

/** What it does goes wrong, in the way it is told. */
const harm = {
  spin: () => {
    for (;;);
  },
  spinAfterAwait: async () => {
    await Promise.resolve()
    for (;;);
  },
  microtasks: async () => {
    for (;;) await null
  },
  heap: () => {
    const held: object[] = []
    for (;;) held.push({ n: held.length, text: `text ${held.length}` })
  },
  bigArray: () => {
    const held: number[] = []
    for (;;) held.push(1)
  },
  bigMap: () => {
    const held = new Map<number, number>()
    for (let i = 0; ; i++) held.set(i, i)
  },
  /** Turns, and keeps about 100 MB: more than it may, less than one may use that does not turn. */
  leak: async () => {
    const held: number[][] = []
    for (let i = 0; i < 12_500; i++) {
      held.push(Array.from({ length: 1_000 }, () => i + 0.5))
      if (i % 100 === 0) await delay(systemClock, 1)
    }
    for (;;) await delay(systemClock, held.length)
  },
  /** Turns, and keeps nothing for long of the gigabyte it makes. */
  churn: async () => {
    const held: object[] = []
    for (let round = 0; round < 400; round++) {
      for (let i = 0; i < 20_000; i++) held[i % 10_000] = { n: i, round, list: [i, round, 3, 4, 5, 6, 7, 8] }
      await delay(systemClock, 1)
    }
  },
  /** Says to the node what no node understands. */
  nonsense: () => {
    parentPort?.postMessage(null)
    return new Promise(() => {})
  },
  external: () => {
    const held: ArrayBuffer[] = []
    for (;;) {
      held.push(new ArrayBuffer(2 ** 20))
      for (let i = 0; i < 1_000_000; i++);
    }
  },
  exit: () => process.exit(7),
  detached: () => {
    void Promise.reject(new Error('nobody waits'))
    return new Promise(() => {})
  },
  uncaught: () => {
    systemClock.setTimer(0, () => {
      throw new Error('outside any handler')
    })
    return new Promise(() => {})
  },
  throws: () => {
    throw new Error('in the handler')
  },
} as const

export type Harm = keyof typeof harm

/** Restarted, it does no harm in `init` again when `once` is a thing of the past. */
export const Wild = defineActor(import.meta.url, {
  name: 'wild',
  version: 1,
  isolation: 'thread',
  init: async (inInit: Harm | undefined) => {
    if (inInit !== undefined) await harm[inInit]()
    return 0
  },
  calls: {
    harm: {
      run: async (s, how: Harm) => {
        await harm[how]()
        return [s, 'survived']
      },
    },
    well: { run: (s) => [s, 'well'] },
  },
})

/** Takes its time to stop: for ever. */
export const Lingering = defineActor(import.meta.url, {
  name: 'lingering',
  version: 1,
  isolation: 'own-thread',
  init: (greeting: string) => greeting,
  calls: { greet: { run: (s) => [s, s] } },
  stop: () => new Promise<void>(() => {}),
})

/** Says its last words to another. */
export const Polite = defineActor(import.meta.url, {
  name: 'polite',
  version: 1,
  isolation: 'thread',
  init: (to: ActorReference) => withEffects(to, [effect.cast(to, 'hear', 'hello')]),
  stop: (to, reason) => (to as ActorRef).cast('hear' as never, `bye ${reason.type}` as never),
})

/** Not exported under any name that a thread could find. */
const hidden = defineActor(import.meta.url, { name: 'hidden', version: 1, isolation: 'thread', init: () => 0 })
export const notExported = () => hidden
