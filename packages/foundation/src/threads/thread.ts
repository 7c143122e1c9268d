/**
 * One worker thread of a node: the requests its actors have under way, and how it ends. Whatever ends it ends all its
 * actors: they crash, with the one reason that says what happened and who did it.
 */

import type { Worker } from 'node:worker_threads'
import type { ActorDefinition } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import type { Clock } from '../clock.ts'
import type { Codec } from '../codec/codec.ts'
import { type AsyncContext, currentAsyncContext } from '../context/async-context.ts'
import { contextToWire } from '../context/wire-context.ts'
import {
  threadBlocked,
  threadCrashed,
  threadEnded,
  threadExited,
  threadExternalMemory,
  threadOutOfMemory,
} from '../errors/thread-errors.ts'
import { startWorker } from './started-worker.ts'
import { RefusedReply, type ThreadActor } from './thread-actor.ts'
import { type BoundRef, type ErrandHost, ThreadErrands } from './thread-errands.ts'
import { type MemoryEvent, memoryStep, uncollectedShare, unmeasured } from './thread-memory.ts'
import type { ThreadSettings } from './thread-options.ts'
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
import { unwatched, type Watched, watchStep } from './thread-watch.ts'
import { decodeThrown, encodeThrown } from './thrown-value.ts'

/** Why a thread is no more. */
export type ThreadEnding = 'idle' | 'closed' | 'blocked' | 'crashed' | 'exited' | 'out-of-memory' | 'external-memory'

/** What threads need of their node. */
export interface ThreadOwner {
  readonly clock: Clock
  readonly crossing: Codec
  readonly messageBytesMax: number
  readonly settings: ThreadSettings
  /** Between two looks, and between two beats. */
  readonly lookMs: number
  bind(address: ActorAddress): BoundRef
  addressOf(actor: RunningActor): ActorAddress
  castRefused(thread: Thread, cast: string, thrown: unknown): void
  /** One of them may be blocked. */
  suspected(thread: Thread): void
  /** Its last actor is gone. */
  emptied(thread: Thread): void
  /** Called once, before its actors crash, so that none is put there again. */
  ended(thread: Thread, ending: ThreadEnding, by: ThreadActor | undefined): void
}

/** How an actor begins. */
export interface Beginning {
  readonly definition: ActorDefinition
  readonly arg: unknown
  readonly seed: string
  /** Whether by `load`: `arg` is `[saved, argument]` then. */
  readonly loads: boolean
}

interface Request {
  readonly there: ThreadActor
  readonly context: AsyncContext | undefined
  readonly signal: AbortSignal | undefined
  readonly onAbort: () => void
  readonly resolve: (done: Done) => void
  readonly reject: (thrown: unknown) => void
}

/** Looks between two at the memory of a thread that has nothing to do. */
const idleLooks = 20

export class Thread implements ErrandHost {
  readonly id: number
  /** Whether it is for one actor. */
  own: boolean
  readonly actors = new Map<number, ThreadActor>()
  readonly codec: Codec
  readonly clock: Clock
  /** Resolves when the operating system's thread is gone. */
  readonly gone: Promise<void>
  /** As last seen. */
  memory = { heapBytes: 0, externalBytes: 0 }
  readonly #owner: ThreadOwner
  readonly #worker: Worker
  readonly #ledger = new Uint32Array(new SharedArrayBuffer(ledger.bytes))
  readonly #errands = new ThreadErrands(this)
  readonly #requests = new Map<number, Request>()
  #lastRequest = 0
  #watched: Watched = unwatched
  #memory = unmeasured
  #looks = 0
  #measuring = false
  #failure: Error | undefined

  constructor(owner: ThreadOwner, id: number, own: boolean) {
    this.id = id
    this.own = own
    this.codec = owner.crossing
    this.clock = owner.clock
    this.#owner = owner
    this.#worker = startThread(owner, this.#ledger.buffer)
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message))
    this.#worker.on('messageerror', (error) => this.#end('crashed', threadCrashed(id, error)))
    this.#worker.on('error', (error) => this.#onError(error))
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gone = promise
    this.#worker.on('exit', (code) => {
      this.#end('exited', threadExited(id, code))
      resolve()
    })
    // After the listeners: the first one for messages holds the process.
    this.#worker.unref()
  }

  /** Loads the definition there and runs its `init`. */
  start(there: ThreadActor, what: Beginning): Promise<Done> {
    const { module, name, version } = what.definition
    const actor = there.actor.settings.id
    const address = this.#owner.addressOf(there.actor)
    const input = this.codec.encode(what.arg, `${name}.init`)
    return this.#request(there, undefined, (request) => {
      const { fence } = there.actor.settings
      const { seed, loads } = what
      const message = { request, actor, address, module, name, version, seed, fence, loads, input }
      this.send({ type: 'actor-start', ...message }, input)
    }) as Promise<Done>
  }

  /** Runs one handler there; `signal` says when its caller gives up. */
  run(
    there: ThreadActor,
    what: { readonly kind: HandlerKind; readonly name: string; readonly input: unknown },
    signal: AbortSignal | undefined,
  ): Promise<Done> {
    const { kind, name } = what
    const input = this.codec.encode(what.input, name)
    const flow = contextToWire()
    return this.#request(there, signal, (request) => {
      const message = { request, actor: there.actor.settings.id, kind, name, input, flow }
      this.send({ type: 'handler-run', ...message }, input)
    })
  }

  /** The actor is no more: what it has under way is nobody's any longer. */
  release(there: ThreadActor, reason: unknown): void {
    if (!this.actors.delete(there.actor.settings.id)) return
    this.#rejectRequests(reason, there)
    const bytes = encodeThrown(this.codec, reason)
    this.send({ type: 'actor-end', actor: there.actor.settings.id, reason: bytes }, bytes)
    if (this.actors.size === 0) this.#owner.emptied(this)
  }

  /** Loads what the actors of another are made of, so that they start faster here. */
  prepareFor(other: Thread): void {
    const modules = new Set([...other.actors.values()].map(({ actor }) => actor.kind.module))
    for (const module of modules) this.send({ type: 'module-load', module }, undefined)
  }

  /** Ends it, with nobody in it or because the node closes. */
  close(ending: 'idle' | 'closed'): void {
    this.#end(ending, threadEnded(this.id))
  }

  /** Whether it still turns and keeps to its memory; ends it otherwise. */
  look(atMs: number): void {
    const { blockedMsMax } = this.#owner.settings
    const look = { beats: Atomics.load(this.#ledger, ledger.beats), atMs }
    const limits = { blockedMsMax, gapMsMax: this.#owner.lookMs * 4 }
    const [watched, blocked] = watchStep(this.#watched, look, limits)
    const still = watched.stillMs > 0
    this.#watched = watched
    if (blocked) {
      const by = this.#culprit()?.actor.label
      return void this.#end('blocked', threadBlocked(this.id, blockedMsMax, by))
    }
    // It may be ended soon: what replaces it starts now, so that its actors need not wait for that.
    if (watched.stillMs > blockedMsMax / 2) this.#owner.suspected(this)
    this.#looks++
    if (still || this.#requests.size > 0 || this.#looks % idleLooks === 0) void this.#measure()
  }

  contextOf(request: number | undefined): AsyncContext | undefined {
    return request === undefined ? undefined : this.#requests.get(request)?.context
  }

  bind(address: ActorAddress): BoundRef {
    return this.#owner.bind(address)
  }

  send(message: ToThread, bytes: Uint8Array | undefined): void {
    if (this.#failure === undefined) this.#worker.postMessage(message, bytes === undefined ? [] : handedOver(bytes))
  }

  castRefused(cast: string, thrown: unknown): void {
    this.#owner.castRefused(this, cast, thrown)
  }

  #request(there: ThreadActor, signal: AbortSignal | undefined, send: (request: number) => void): Promise<Done> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const request = ++this.#lastRequest
    const context = currentAsyncContext()
    const onAbort = () => {
      const reason = encodeThrown(this.codec, signal?.reason)
      this.send({ type: 'handler-abort', request, reason }, reason)
    }
    return new Promise<Done>((resolve, reject) => {
      this.#requests.set(request, { there, context, signal, onAbort, resolve, reject })
      // Work under way keeps the process alive, a thread that waits does not.
      this.#worker.ref()
      signal?.addEventListener('abort', onAbort)
      send(request)
      if (signal?.aborted) onAbort()
    })
  }

  /** Code in the thread could send anything; what is not to be understood is its fault, not the node's. */
  #onMessage(message: FromThread): void {
    if (this.#failure !== undefined) return
    try {
      this.#take(message)
    } catch (thrown) {
      this.#end('crashed', threadCrashed(this.id, thrown))
    }
  }

  #take(message: FromThread): void {
    if (message.type === 'handler-done') {
      const request = this.#requests.get(message.request)
      if (request === undefined) return
      this.#settle(request, message)
      this.#forget(message.request, request)
    } else if (message.type === 'heap-collected') {
      this.#remember({ ...message, type: 'collected', atMs: this.clock.monotonicMs() })
    } else {
      Atomics.add(this.#ledger, ledger.taken, 1)
      this.#errands.take(message)
    }
  }

  #settle(request: Request, done: HandlerDone): void {
    const { resolve, reject, signal } = request
    if (done.outcome === 'done') resolve(this.codec.decode(done.value) as Done)
    else if (done.outcome === 'gave-up') reject(signal?.reason)
    else if (done.outcome === 'threw') reject(decodeThrown(this.codec, done.value))
    else resolve({ reply: new RefusedReply(decodeThrown(this.codec, done.value)), effects: [] })
  }

  #forget(id: number, request: Request): void {
    request.signal?.removeEventListener('abort', request.onAbort)
    this.#requests.delete(id)
    if (this.#requests.size === 0) this.#worker.unref()
  }

  #rejectRequests(reason: unknown, there?: ThreadActor): void {
    for (const [id, request] of [...this.#requests]) {
      if (there !== undefined && request.there !== there) continue
      this.#forget(id, request)
      request.reject(reason)
    }
  }

  #onError(error: unknown): void {
    const outOfMemory = (error as { readonly code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    if (outOfMemory) this.#end('out-of-memory', threadOutOfMemory(this.id, this.#owner.settings.heapBytesMax))
    else this.#end('crashed', threadCrashed(this.id, error))
  }

  /** Answered by the thread's engine between two instructions, so also by one that computes. */
  async #measure(): Promise<void> {
    if (this.#measuring || this.#watched.beats === 0) return
    this.#measuring = true
    try {
      const { used_heap_size: heapBytes, external_memory: externalBytes } = await this.#worker.getHeapStatistics()
      this.memory = { heapBytes, externalBytes }
      this.#remember({ type: 'measured', heapBytes, externalBytes, atMs: this.clock.monotonicMs() })
    } catch {
      // It ended meanwhile, and says so itself.
    }
    this.#measuring = false
  }

  #remember(event: MemoryEvent): void {
    const { heapBytesMax, externalBytesMax } = this.#owner.settings
    const [state, verdict] = memoryStep(this.#memory, event, this.#owner.settings)
    this.#memory = state
    if (verdict === 'collect') this.send({ type: 'heap-collect' }, undefined)
    else if (verdict === 'heap-full') this.#end('out-of-memory', threadOutOfMemory(this.id, heapBytesMax))
    else if (verdict === 'external-full') {
      const { externalBytes } = this.memory
      this.#end('external-memory', threadExternalMemory(this.id, externalBytesMax, externalBytes))
    }
  }

  #end(ending: ThreadEnding, failure: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    const by = this.#culprit()
    const actors = [...this.actors.values()]
    this.#owner.ended(this, ending, by)
    this.actors.clear()
    void this.#worker.terminate()
    for (const { actor } of actors) actor.crash(failure)
    this.#rejectRequests(failure)
    this.#errands.close(failure)
  }

  /** The actor whose handler runs right now, else the only one that has something under way. */
  #culprit(): ThreadActor | undefined {
    const running = Atomics.load(this.#ledger, ledger.running)
    if (running !== 0) return this.actors.get(running)
    const busy = new Set([...this.#requests.values()].map(({ there }) => there))
    return busy.size === 1 ? [...busy][0] : undefined
  }
}

/**
 * The limit that V8 itself enforces lies far above ours: reached by one large allocation (an array or a map that grows,
 * a long string), it would end the whole process and not the thread.
 */
const heapSpareBytes = 2 ** 30

function startThread(owner: ThreadOwner, shared: SharedArrayBuffer): Worker {
  const { heapBytesMax, outgoingMax } = owner.settings
  const { messageBytesMax, lookMs: beatMs } = owner
  const workerData: ThreadBirth = { mabeamThread: true, ledger: shared, beatMs, messageBytesMax, outgoingMax }
  const maxOldGenerationSizeMb = Math.ceil((3 * uncollectedShare * heapBytesMax + heapSpareBytes) / 2 ** 20)
  return startWorker(import.meta.url, './thread-entry', {
    name: 'mabeam-actors',
    workerData,
    resourceLimits: { maxOldGenerationSizeMb },
  })
}
