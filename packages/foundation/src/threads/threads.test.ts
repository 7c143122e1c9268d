import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import { withContext } from '../context/context.ts'
import type { MabeamError } from '../errors.ts'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { child } from '../supervision/supervisor-options.ts'
import { collectTelemetry, virtualClock } from '../testing/index.ts'
import { type Harm, Lingering, notExported, Polite, Wild, Worker } from './thread-actors.fixture.ts'

/** On the node itself: tells what others said to it. */
function listener() {
  const waiting: { readonly wanted: string; readonly resolve: () => void }[] = []
  const heard: string[] = []
  const Listener = defineActor(import.meta.url, {
    name: 'listener',
    version: 1,
    init: () => null,
    calls: {
      ask: { run: (s, n: number) => [s, n + 1] },
      back: { run: async (s, to: ActorRef<typeof Worker>) => [s, await to.call('add', 1)] },
    },
    casts: {
      hear: {
        run: (s, what: string) => {
          heard.push(what)
          for (const one of waiting) if (one.wanted === what) one.resolve()
          return s
        },
      },
    },
  })
  const hears = (wanted: string) =>
    heard.includes(wanted) ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ wanted, resolve }))
  return { Listener, heard, hears }
}

const ended = (ref: ActorRef<never> | { monitor: ActorRef['monitor'] }) =>
  new Promise<ExitReason>((resolve) => void ref.monitor(resolve))
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (thrown: MabeamError) => thrown.code,
  )
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (thrown: MabeamError) => thrown,
  )
const causeCode = (error: MabeamError | undefined) =>
  (error?.data.error as { readonly code?: string } | undefined)?.code
const crashCode = (reason: ExitReason) => (reason.type === 'crashed' ? reason.error.code : reason.type)

const quick: NodeOptions = { threads: { blockedMsMax: 500, threadsMax: 1 } }

describe('an actor in a thread', () => {
  test('keeps the contract of calls and casts', async () => {
    await using node = await startNode()
    const worker = await node.spawn(Worker, 5)
    expect(await worker.call('add', 2)).toBe(7)
    worker.cast('hear', 'a')
    worker.cast('hear', 'b')
    expect(await worker.call('heard')).toEqual(['a', 'b'])
    expect(await worker.call('threadId')).toBeGreaterThan(0)
    expect(await worker.call('echo', new Map([[1n, new Date(5)]]))).toEqual(new Map([[1n, new Date(5)]]))
  })

  test('runs on the node when the spawn says so, and in a thread when only the spawn says so', async () => {
    await using node = await startNode()
    const beside = await node.spawn(Worker, 0, { isolation: 'none' })
    expect(await beside.call('threadId')).toBe((await import('node:worker_threads')).threadId)
    const own = await node.spawn(Worker, 0, { isolation: 'own-thread' })
    const shared = await node.spawn(Worker, 0)
    const other = await node.spawn(Worker, 0, { isolation: 'own-thread' })
    const ids = await Promise.all([own, shared, other, beside].map((one) => one.call('threadId')))
    expect(new Set(ids).size).toBe(4)
  })

  test('is found, supervised and restarted by its name like any other', async () => {
    await using node = await startNode()
    const ref = await node.spawn(Worker, 1, { name: 'w', restart: 'permanent' })
    await ref.call('add', 5)
    const error = await failure(ref.call('fail'))
    expect(error?.code).toBe('foundation/actor-crashed')
    expect(error?.message).toContain('crashed in fail: it failed')
    expect(error?.data).toMatchObject({ error: { code: 'test/failed', data: { why: 'asked' } } })
    expect((error?.cause as Error | undefined)?.stack).toContain('thread-actors.fixture')
    expect(await node.find(Worker, 'w')?.call('add', 1)).toBe(2)
    expect(await ref.call('add', 1)).toBe(3)
  })

  test('refuses inputs by schema and codec before they reach the mailbox, with the codec off too', async () => {
    for (const codec of [true, false]) {
      await using node = await startNode({ codec })
      const worker = await node.spawn(Worker, 0)
      expect(await codeOf(worker.call('add', -1))).toBe('foundation/invalid-message')
      expect(await codeOf(worker.call('echo', (() => 1) as never))).toBe('foundation/unsendable')
      expect(() => worker.cast('hear', (() => 1) as never)).toThrow('a function')
      expect(await worker.call('add', 1)).toBe(1)
    }
  })

  test('a reply that can not be sent fails its call and leaves the state', async () => {
    await using node = await startNode()
    const worker = await node.spawn(Worker, 1)
    expect(await codeOf(worker.call('unsendable'))).toBe('foundation/unsendable')
    expect(await worker.call('add', 1)).toBe(2)
  })

  test('a reply may be as long as a message, and not one byte longer', async () => {
    await using node = await startNode({ messageBytesMax: 2_000 })
    const worker = await node.spawn(Worker, 0)
    const overhead = 5
    expect(await worker.call('text', 2_000 - overhead)).toHaveLength(2_000 - overhead)
    expect(await codeOf(worker.call('text', 2_001 - overhead))).toBe('foundation/payload-too-large')
    expect(await worker.call('add', 1)).toBe(2)
    // The argument of init is no message, and what was thrown may be long.
    expect((await failure(node.spawn(Wild, 'x'.repeat(3_000) as never)))?.code).toBe('foundation/actor-init-failed')
  })

  test('crashes for what is no reply and for an effect that can not be carried out', async () => {
    await using node = await startNode()
    for (const call of ['notAReply', 'badEffect'] as const) {
      const worker = await node.spawn(Worker, 1)
      expect(await codeOf(worker.call(call))).toBe('foundation/actor-crashed')
    }
  })

  test('its timers, monitors and effects are those of the node', async () => {
    await using node = await startNode()
    const { Listener, heard, hears } = listener()
    const news = await node.spawn(Listener, undefined)
    const [one, two] = [await node.spawn(Worker, 0), await node.spawn(Worker, 0)]
    await one.call('castOther', news)
    await Promise.all([hears('cast'), hears('effect')])
    expect(heard).toEqual(['cast', 'effect'])
    await one.call('watch', two)
    expect(await two.call('quit')).toBe('bye')
    await one.call('startTimer')
    const wanted = ['down normal', 'monitor normal', 'timer']
    for (let all = await one.call('heard'); !wanted.every((each) => all.includes(each)); ) {
      await turn()
      all = await one.call('heard')
    }
  })

  test('references lead back to the node and to others, also as self', async () => {
    await using node = await startNode()
    const { Listener } = listener()
    const other = await node.spawn(Listener, undefined)
    const worker = await node.spawn(Worker, 1)
    expect(await worker.call('askOther', { to: other, call: 'ask', input: 4 })).toEqual({ reply: 5 })
    expect(((await worker.call('self')) as ActorRef).address).toEqual(worker.address)
    const second = await node.spawn(Worker, 10)
    expect(await worker.call('askOther', { to: second, call: 'add', input: 1 })).toEqual({ reply: 11 })
    const nobody = await worker.call('askOther', { to: second, call: 'nothing' })
    expect(nobody).toMatchObject({ code: 'foundation/unknown-name' })
  })

  test('a call that would wait for itself is found across threads', async () => {
    await using node = await startNode()
    const { Listener } = listener()
    const other = await node.spawn(Listener, undefined)
    const worker = await node.spawn(Worker, 1)
    const itself = await worker.call('askOther', { to: worker, call: 'add', input: 1 })
    expect(itself).toMatchObject({ code: 'foundation/call-cycle' })
    const around = (await worker.call('askOther', { to: other, call: 'back', input: worker })) as {
      code: string
      message: string
    }
    expect(around.code).toBe('foundation/actor-crashed')
    expect(around.message).toContain('a call that would wait for itself')
  })

  test('context flows into the thread and on to others', async () => {
    await using node = await startNode()
    const [one, two] = [await node.spawn(Worker, 0), await node.spawn(Worker, 0)]
    const user = await withContext({ user: 'ada' }, () => one.call('user'))
    expect(user).toBe('ada')
    expect(await withContext({ user: 'ada' }, () => one.call('askOther', { to: two, call: 'user' }))).toEqual({
      reply: 'ada',
    })
    expect(await one.call('user')).toBe(null)
  })

  test('a caller that gives up is heard by the handler, which is no crash', async () => {
    await using node = await startNode()
    const { Listener, hears } = listener()
    const news = await node.spawn(Listener, undefined)
    const worker = await node.spawn(Worker, 3)
    const giveUp = new AbortController()
    const call = failure(worker.call('waitForSignal', news, { signal: giveUp.signal }))
    await hears('waiting')
    giveUp.abort(new Error('enough'))
    await hears('aborted: enough')
    expect((await call)?.message).toBe('enough')
    expect(await worker.call('add', 1)).toBe(4)
    expect(await codeOf(worker.call('waitForSignal', news, { timeoutMs: 20 }))).toBe('foundation/call-timeout')
    expect(await worker.call('add', 1)).toBe(5)
    expect(await worker.call('askOther', { to: worker, call: 'heard', timeoutMs: 5 })).toMatchObject({
      code: 'foundation/call-cycle',
    })
  })

  test('an awaiting handler is not blocked, however long it waits', async () => {
    await using node = await startNode(quick)
    const { Listener, hears } = listener()
    const news = await node.spawn(Listener, undefined)
    const worker = await node.spawn(Worker, 3)
    const giveUp = new AbortController()
    const call = failure(worker.call('waitForSignal', news, { signal: giveUp.signal }))
    // Another thread that is blocked is ended meanwhile, so the limit has passed for this one too.
    const wild = await node.spawn(Wild, undefined, { isolation: 'own-thread' })
    await codeOf(wild.call('harm', 'spin'))
    giveUp.abort(new Error('enough'))
    await hears('aborted: enough')
    await call
    expect(await worker.call('add', 1)).toBe(4)
  })

  test('the mailbox is that of the node and bounded there', async () => {
    await using node = await startNode()
    const { Listener, hears } = listener()
    const news = await node.spawn(Listener, undefined)
    const worker = await node.spawn(Worker, 0, { mailboxCapacity: 2 })
    const giveUp = new AbortController()
    const call = failure(worker.call('waitForSignal', news, { signal: giveUp.signal }))
    await hears('waiting')
    worker.cast('hear', '1')
    worker.cast('hear', '2')
    expect(() => worker.cast('hear', '3')).toThrow('at most 2 messages')
    giveUp.abort(new Error('enough'))
    await call
    let heard: readonly string[] | undefined
    while (heard === undefined) heard = await worker.call('heard').catch(() => turn() as Promise<undefined>)
    expect(heard).toEqual(['1', '2'])
  })

  test('says its last words, and is killed when it takes too long for them', async () => {
    await using node = await startNode()
    const { Listener, heard, hears } = listener()
    const news = await node.spawn(Listener, undefined)
    const polite = await node.spawn(Polite, news)
    expect(await node.stop(polite)).toEqual({ type: 'shutdown' })
    await hears('bye shutdown')
    expect(heard).toEqual(['hello', 'bye shutdown'])
    const lingering = await node.spawn(Lingering, 'hi', { shutdownMs: 10 })
    expect(await node.stop(lingering)).toEqual({ type: 'killed' })
    const worker = await node.spawn(Worker, 0, { shutdownMs: 10 })
    const call = codeOf(worker.call('ignoreSignal', news))
    await hears('ignoring')
    expect(await node.stop(worker)).toEqual({ type: 'killed' })
    expect(await call).toBe('foundation/actor-stopped')
    const third = await node.spawn(Worker, 0, { shutdownMs: 10 })
    const waits = codeOf(third.call('waitForSignal', news))
    await hears('waiting')
    await node.stop(third)
    expect(await waits).toBe('foundation/actor-stopped')
    await hears('aborted: worker#5: stopped before it answered')
    const fourth = await node.spawn(Worker, 0, { shutdownMs: 10 })
    fourth.cast('hold', news)
    await hears('holding')
    await node.stop(fourth)
    await hears('let go')
  })

  test('draws the same numbers for the same seed', async () => {
    const draw = async () => {
      const { seededRandom } = await import('../random.ts')
      await using node = await startNode({ random: seededRandom(5) })
      return await (await node.spawn(Worker, 0)).call('draw')
    }
    expect(await draw()).toBe(await draw())
  })
})

describe('a thread that goes wrong', () => {
  const cases: readonly (readonly [Harm, string, RegExp])[] = [
    ['spin', 'foundation/thread-blocked', /was blocked by "w" for more than 500 ms/],
    ['spinAfterAwait', 'foundation/thread-blocked', /was blocked by "w" for more than 500 ms/],
    ['microtasks', 'foundation/thread-blocked', /was blocked by "w" for more than 500 ms/],
    ['exit', 'foundation/thread-exited', /exited by itself with code 7/],
    ['detached', 'foundation/thread-crashed', /nobody waits/],
    ['uncaught', 'foundation/thread-crashed', /outside any handler/],
    ['nonsense', 'foundation/thread-crashed', /null/],
    ['throws', 'foundation/uncaught', /in the handler/],
  ]
  test.each(cases)('%s: ends its actors with %s, and they are restarted', async (how, code, sentence) => {
    const telemetry = collectTelemetry()
    await using node = await startNode({ ...quick, telemetry })
    const wild = await node.spawn(Wild, undefined, { name: 'w', restart: 'permanent' })
    const end = ended(wild)
    const error = await failure(wild.call('harm', how))
    expect(error?.code).toBe('foundation/actor-crashed')
    expect(error?.retryable).toBe(true)
    expect(error?.message).toMatch(sentence)
    expect(crashCode(await end)).toBe(code)
    let well: string | undefined
    while (well === undefined) well = await wild.call('well').catch(() => turn() as Promise<undefined>)
    expect(well).toBe('well')
    expect(telemetry.events.filter((one) => one.name === 'foundation.child-restarted')).toHaveLength(1)
  })

  /** Never blocked: on a slow machine it takes a while to fill memory. */
  const memory = (mebibytes: number) => {
    const bytes = mebibytes * 2 ** 20
    return { heapBytesMax: bytes, externalBytesMax: bytes, blockedMsMax: Number.POSITIVE_INFINITY }
  }
  test.each([
    ['heap', 'foundation/thread-out-of-memory', 16],
    ['leak', 'foundation/thread-out-of-memory', 64],
    // One allocation of these passes the limit by more than the engine allows for an orderly end of a thread.
    ['bigArray', 'foundation/thread-out-of-memory', 64],
    ['bigMap', 'foundation/thread-out-of-memory', 16],
    ['external', 'foundation/thread-external-memory', 32],
  ] as const)('%s: ends its actors with %s and the node goes on', async (how, code, mebibytes) => {
    const telemetry = collectTelemetry()
    await using node = await startNode({ threads: memory(mebibytes), telemetry })
    const wild = await node.spawn(Wild, undefined)
    const end = ended(wild)
    expect(await codeOf(wild.call('harm', how))).toBe('foundation/actor-crashed')
    expect(crashCode(await end)).toBe(code)
    const event = telemetry.events.find((one) => one.name === 'foundation.thread-ended')
    expect(event?.metadata).toMatchObject({ reason: code.slice('foundation/thread-'.length) })
    expect(await (await node.spawn(Worker, 1)).call('add', 1)).toBe(2)
  })

  test('garbage that can be collected is no reason to end a thread', async () => {
    const telemetry = collectTelemetry()
    await using node = await startNode({ threads: memory(48), telemetry })
    const wild = await node.spawn(Wild, undefined)
    expect(await wild.call('harm', 'churn')).toBe('survived')
    expect(telemetry.events.map((one) => one.name)).not.toContain('foundation.thread-ended')
  })

  test('harm in init fails the start', async () => {
    await using node = await startNode(quick)
    for (const [how, code] of cases.filter((one) => ['spin', 'exit', 'detached', 'throws'].includes(one[0]))) {
      const error = await failure(node.spawn(Wild, how))
      expect([error?.code, causeCode(error)]).toEqual(['foundation/actor-init-failed', code])
    }
  })

  test('those who shared it are told who ended it, restarted, and put apart from it', async () => {
    await using node = await startNode(quick)
    await using supervisor = await node.supervise({
      children: [child(Wild, undefined, { name: 'wild' }), child(Worker, 4, { name: 'innocent' })],
    })
    const [wild, innocent] = [node.find(Wild, 'wild'), node.find(Worker, 'innocent')]
    if (wild === undefined || innocent === undefined) throw new Error('not found')
    const end = ended(innocent)
    await codeOf(wild.call('harm', 'spin'))
    const reason = await end
    expect(reason).toMatchObject({
      type: 'crashed',
      error: { code: 'foundation/thread-blocked', data: { by: '"wild"' } },
    })
    for (;;) {
      const states = supervisor.tree().children.map((one) => one.status)
      if (states.every((one) => one === 'running')) break
      await turn()
    }
    // The innocent is not taken along a second time.
    await innocent.call('add', 1)
    await codeOf(wild.call('harm', 'spin'))
    expect(await innocent.call('add', 1)).toBe(6)
  })

  test('the node goes on serving while a thread is blocked', async () => {
    await using node = await startNode(quick)
    const { Listener } = listener()
    const other = await node.spawn(Listener, undefined)
    const wild = await node.spawn(Wild, undefined)
    let blocked = true
    const call = codeOf(wild.call('harm', 'spin')).then((code) => {
      blocked = false
      return code
    })
    let served = 0
    while (blocked) {
      expect(await other.call('ask', served)).toBe(served + 1)
      served++
      await turn()
    }
    expect(await call).toBe('foundation/actor-crashed')
    expect(served).toBeGreaterThan(100)
  })
})

describe('threads', () => {
  test('are as many as allowed, filled evenly, and no more actors than allowed', async () => {
    await using node = await startNode({ threads: { threadsMax: 2, actorsPerThread: 2, ownThreadsMax: 1 } })
    const actors = [0, 1, 2, 3].map((n) => node.spawn(Worker, n))
    const ids = await Promise.all((await Promise.all(actors)).map((one) => one.call('threadId')))
    expect(new Set(ids).size).toBe(2)
    expect((await failure(node.spawn(Worker, 0)))?.data.error).toMatchObject({
      data: { limit: 'actorsPerThread', max: 2 },
    })
    const own = await node.spawn(Worker, 0, { isolation: 'own-thread' })
    const refused = await failure(node.spawn(Worker, 0, { isolation: 'own-thread' }))
    expect(refused?.data.error).toMatchObject({
      code: 'foundation/limit-reached',
      data: { limit: 'ownThreadsMax', max: 1 },
    })
    await node.stop(own)
    await node.spawn(Worker, 0, { isolation: 'own-thread' })
  })

  test('are used again before they have been idle for long', async () => {
    await using node = await startNode({ threads: { threadIdleMs: 20, threadsMax: 1, blockedMsMax: 500 } })
    const first = await node.spawn(Worker, 0)
    const id = await first.call('threadId')
    await node.stop(first)
    const second = await node.spawn(Worker, 0)
    // Far more than the time to idle has passed when another thread has been ended for blocking.
    await codeOf((await node.spawn(Wild, undefined, { isolation: 'own-thread' })).call('harm', 'spin'))
    expect(await second.call('threadId')).toBe(id)
  })

  test('end when they have been idle', async () => {
    const telemetry = collectTelemetry()
    await using node = await startNode({ telemetry, threads: { threadIdleMs: 0, threadsMax: 1 } })
    const first = await node.spawn(Worker, 0)
    const id = await first.call('threadId')
    const second = await node.spawn(Worker, 0)
    await node.stop(first)
    expect(await second.call('threadId')).toBe(id)
    await node.stop(second)
    const idle = () =>
      telemetry.events.some((one) => one.name === 'foundation.thread-ended' && one.metadata.reason === 'idle')
    while (!idle()) await turn()
    expect(await (await node.spawn(Worker, 0)).call('threadId')).not.toBe(id)
  })

  test('what handlers send is bounded while the node can not take it', async () => {
    await using node = await startNode({ threads: { outgoingMax: 50 } })
    const { Listener } = listener()
    const other = await node.spawn(Listener, undefined)
    const worker = await node.spawn(Worker, 0)
    expect(await worker.call('flood', { to: other, times: 50 })).toEqual({ sent: 50 })
    const more = await worker.call('flood', { to: other, times: 1_000_000 })
    expect(more).toMatchObject({ code: 'foundation/limit-reached' })
  })

  test('a cast of a handler that is refused is counted', async () => {
    const telemetry = collectTelemetry()
    await using node = await startNode({ telemetry })
    const worker = await node.spawn(Worker, 0)
    const wild = await node.spawn(Wild, undefined)
    // It has no such cast: neither the direct one, which is counted, nor the effect, which is a crash as anywhere.
    expect(await codeOf(worker.call('castOther', wild))).toBe('none')
    const refused = telemetry.events.find((one) => one.name === 'foundation.thread-cast-refused')
    expect(refused?.metadata).toMatchObject({ cast: 'hear', code: 'foundation/unknown-name' })
  })

  test('a module that can not be loaded, and one that does not export the actor, are told', async () => {
    await using node = await startNode()
    const missing = defineActor('file:///no/such/module.ts', {
      name: 'm',
      version: 1,
      isolation: 'thread',
      init: () => 0,
    })
    const codes = []
    for (const one of [missing, notExported()]) {
      const error = await failure(node.spawn(one, undefined))
      codes.push(causeCode(error))
    }
    expect(codes).toEqual(['foundation/thread-module-failed', 'foundation/thread-definition-missing'])
  })

  test('are refused on any clock but that of the machine', async () => {
    await using node = await startNode({ clock: virtualClock() })
    expect(await codeOf(node.spawn(Worker, 0))).toBe('foundation/thread-clock')
    expect(await (await node.spawn(Worker, 0, { isolation: 'none' })).call('add', 1)).toBe(1)
  })

  test('options are checked with the nearest known name', async () => {
    await expect(startNode({ threads: { blockedMsMx: 1 } as never })).rejects.toThrow('did you mean "blockedMsMax"')
    await expect(startNode({ threads: { threadsMax: 0 } })).rejects.toThrow('threadsMax')
    await using node = await startNode()
    expect(await codeOf(node.spawn(Worker, 0, { isolation: 'threads' as never }))).toBe('foundation/invalid-option')
  })
})

describe('a process with threads', () => {
  /** Resolves when the process has ended by itself. */
  const run = (file: string, ...args: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const script = join(import.meta.dirname, file)
      execFile(process.execPath, ['--conditions=mabeam-source', script, ...args], (error, stdout) =>
        error === null ? resolve(stdout.trim()) : reject(error),
      )
    })

  test('has nothing left when its node is closed, and ends by itself', async () => {
    const said = JSON.parse(await run('thread-program.fixture.ts', 'close'))
    expect(said).toEqual({ blocked: 'foundation/actor-crashed', left: [], threads: 0, inTime: true })
  })

  test('is not kept alive by threads that have nothing to do', async () => {
    expect(JSON.parse(await run('thread-program.fixture.ts', 'leave'))).toEqual({ blocked: 'foundation/actor-crashed' })
  })

  test('is told that a module which starts a node can not be loaded in a thread', async () => {
    expect(await run('thread-main.fixture.ts')).toMatch(/define the actor in a module that starts nothing/)
  })
})
