/** A small kernel in a worker thread: loads definitions, runs handlers when the node says so, and beats. */

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { MessagePort } from 'node:worker_threads'
import type { ActorDefinition } from '../actors/actor.ts'
import { isWithEffects } from '../actors/effect.ts'
import { systemClock } from '../clock.ts'
import { runInContext } from '../context/async-context.ts'
import { contextFromWire } from '../context/wire-context.ts'
import { threadDefinitionMissing, threadModuleFailed } from '../errors/thread-errors.ts'
import { HostedActor, HostedWork } from './hosted-actor.ts'
import {
  type Done,
  type FromThread,
  type HandlerDone,
  type HandlerKind,
  handedOver,
  ledger,
  type ThreadBirth,
  type ToThread,
} from './thread-protocol.ts'
import { ThreadOutbox, ThreadRef } from './thread-ref.ts'
import { encodeThrown } from './thrown-value.ts'

type Start = Extract<ToThread, { readonly type: 'actor-start' }>
type Run = Extract<ToThread, { readonly type: 'handler-run' }>
type Outcome = Omit<HandlerDone, 'type' | 'request'>

export class ThreadHost {
  readonly #port: MessagePort
  readonly #birth: ThreadBirth
  readonly #ledger: Uint32Array
  readonly #outbox: ThreadOutbox
  readonly #actors = new Map<number, HostedActor>()
  /** Actors whose module is being loaded, with why they are no more where that is so. */
  readonly #starting = new Map<number, { ended?: { readonly reason: unknown } }>()
  readonly #works = new Map<number, HostedWork>()
  #gc: (() => void) | undefined

  constructor(port: MessagePort, birth: ThreadBirth) {
    this.#port = port
    this.#birth = birth
    this.#ledger = new Uint32Array(birth.ledger)
    this.#outbox = new ThreadOutbox(port, birth)
  }

  serve(): void {
    this.#port.on('message', (message: ToThread) => this.#onMessage(message))
    this.#beat()
  }

  /** Says that the event loop turns. Before the first one the thread is loading. */
  #beat(): void {
    Atomics.add(this.#ledger, ledger.beats, 1)
    systemClock.setTimer(this.#birth.beatMs, () => this.#beat(), { unref: true })
  }

  #onMessage(message: ToThread): void {
    const { codec } = this.#outbox
    // A message is a turn too: a handler that blocks is timed from its own start.
    Atomics.add(this.#ledger, ledger.beats, 1)
    switch (message.type) {
      case 'actor-start':
        void this.#answer(message.request, () => this.#start(message))
        break
      case 'handler-run':
        void this.#answer(message.request, () => this.#run(message))
        break
      case 'handler-abort':
        this.#works.get(message.request)?.end(thrownOf(codec.decode(message.reason)))
        break
      case 'actor-end':
        this.#endActor(message.actor, thrownOf(codec.decode(message.reason)))
        break
      case 'call-done':
        this.#outbox.onCallDone(message)
        break
      case 'monitor-down':
        this.#outbox.onMonitorDown(message)
        break
      case 'heap-collect':
        this.#collect()
        break
      case 'module-load':
        // What goes wrong is told to the actor that needs it.
        import(message.module).catch(() => {})
    }
  }

  #collect(): void {
    this.#gc ??= exposedGc()
    this.#gc()
    this.#port.postMessage({
      type: 'heap-collected',
      heapBytes: getHeapStatistics().used_heap_size,
    } satisfies FromThread)
  }

  #endActor(id: number, reason: unknown): void {
    const starting = this.#starting.get(id)
    if (starting !== undefined) starting.ended = { reason }
    this.#actors.get(id)?.end(reason)
    this.#actors.delete(id)
  }

  async #answer(request: number, run: () => Promise<Outcome>): Promise<void> {
    let outcome: Outcome
    try {
      outcome = await run()
    } catch (thrown) {
      outcome = { outcome: 'threw', value: encodeThrown(this.#outbox.codec, thrown) }
    }
    this.#port.postMessage(
      { type: 'handler-done', request, ...outcome } satisfies HandlerDone,
      handedOver(outcome.value),
    )
  }

  async #start(message: Start): Promise<Outcome> {
    const { actor: id, address, seed, fence } = message
    const starting: { ended?: { readonly reason: unknown } } = {}
    this.#starting.set(id, starting)
    let definition: ActorDefinition
    try {
      definition = await loadedDefinition(message)
    } finally {
      this.#starting.delete(id)
    }
    const input = this.#outbox.codec.decode(message.input)
    const actor = new HostedActor(id, definition, { self: new ThreadRef(this.#outbox, address), seed, fence })
    if (starting.ended !== undefined) throw starting.ended.reason
    this.#actors.set(id, actor)
    const work = new HostedWork(message.request)
    const next = await this.#named(id, () =>
      runInContext({ work: { worker: actor, message: work } }, () => actor.begin(input, message.loads)),
    )
    return this.#taken(actor, next)
  }

  async #run(message: Run): Promise<Outcome> {
    const { codec } = this.#outbox
    const { actor: id, kind, name } = message
    const actor = this.#actors.get(id)
    if (actor === undefined) throw new Error(`a bug: no actor ${id} in this thread`)
    const input = codec.decode(message.input)
    const flow = contextFromWire(message.flow, systemClock)
    const work = new HostedWork(message.request)
    const context = { work: { worker: actor, message: work }, flow }
    this.#works.set(message.request, work)
    if (kind === 'call') actor.work = work
    try {
      const result = await this.#named(id, () => runInContext(context, () => actor.run(kind, name, input)))
      if (kind === 'save')
        return { outcome: 'done', value: codec.encode({ reply: result, effects: [] } satisfies Done) }
      return kind === 'call' ? this.#replied(actor, name, result) : this.#taken(actor, result, kind)
    } catch (thrown) {
      if (!work.endedBy(thrown)) throw thrown
      return { outcome: 'gave-up', value: codec.encode(undefined) }
    } finally {
      this.#works.delete(message.request)
      if (actor.work === work) actor.work = undefined
    }
  }

  /** The part of a handler that runs at once is known by its actor, should it never end. */
  #named(id: number, run: () => unknown): unknown {
    Atomics.store(this.#ledger, ledger.running, id)
    try {
      return run()
    } finally {
      Atomics.store(this.#ledger, ledger.running, 0)
    }
  }

  #replied(actor: HostedActor, name: string, result: unknown): Outcome {
    if (!Array.isArray(result) || result.length < 2) {
      throw new TypeError(`a call returns [state, reply] or [state, reply, effects]; ${name} did not`)
    }
    const { codec } = this.#outbox
    const [state, reply, effects = []] = result as [unknown, unknown, (readonly unknown[])?]
    try {
      this.#outbox.checked.encode(reply, `${actor.definition.name}.${name} reply`)
    } catch (thrown) {
      return { outcome: 'reply-refused', value: encodeThrown(codec, thrown) }
    }
    const value = codec.encode({ reply, effects } satisfies Done, `${actor.definition.name}.${name}`)
    actor.state = state
    return { outcome: 'done', value }
  }

  #taken(actor: HostedActor, next: unknown, kind?: HandlerKind): Outcome {
    const effects = isWithEffects(next) ? next.effects : []
    const value = this.#outbox.codec.encode({ effects } satisfies Done, `${actor.definition.name}: effects`)
    if (kind !== 'stop') actor.state = isWithEffects(next) ? next.state : next
    return { outcome: 'done', value }
  }
}

function thrownOf(plain: unknown): unknown {
  return (plain as { readonly thrown: unknown }).thrown
}

/** Throws `foundation/thread-module-failed` and `foundation/thread-definition-missing`. */
async function loadedDefinition({ module, name, version }: Start): Promise<ActorDefinition> {
  let exported: object
  try {
    exported = (await import(module)) as object
  } catch (cause) {
    throw threadModuleFailed(module, cause)
  }
  for (const value of Object.values(exported)) {
    if (isDefinition(value) && value.name === name && value.version === version) return value
  }
  throw threadDefinitionMissing(module, name, version)
}

function isDefinition(value: unknown): value is ActorDefinition {
  const one = value as Partial<ActorDefinition> | null
  return typeof one === 'object' && one !== null && one.calls instanceof Map && typeof one.init === 'function'
}

/** The flag makes new contexts have a `gc`; none of the ones there are changes. */
function exposedGc(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
