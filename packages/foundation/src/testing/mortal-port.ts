/** A node that can be killed in a test: from then on it hears, says and writes nothing, and its timers stand still. */

import type {
  Engine,
  EngineMessage,
  EngineStatus,
  PulseOptions,
  RequestOptions,
  SubscribeOptions,
  Subscription,
} from '../engine/engine.ts'
import type { KeyedState, StateChange, StateOptions } from '../engine/keyed-state.ts'
import { timerPulse } from '../engine/timer-pulse.ts'
import type { NodePort } from '../node-port.ts'

export interface MortalPort {
  readonly port: NodePort
  /** As kill -9, or the loss of its network. */
  kill(): Promise<void>
  /** Its watches of keyed state are lost, as with a restarted server. */
  loseWatches(): void
  readonly isDead: boolean
  /** Its removals are on their way until the returned function is called. */
  holdRemovals(): () => void
  /** While true, what it asks of keyed state fails as an outage does, and nothing is written. */
  isCutOff: boolean
}

export function mortalPort(port: NodePort): MortalPort {
  const engine: MortalEngine = new MortalEngine(port.engine, () => clock)
  const clock: NodePort['clock'] = {
    nowMs: () => port.clock.nowMs(),
    monotonicMs: () => port.clock.monotonicMs(),
    setTimer: (delayMs, run, options) => port.clock.setTimer(delayMs, () => engine.isDead || run(), options),
  }
  return {
    port: { ...port, engine, clock },
    kill: () => engine.kill(),
    loseWatches: () => engine.loseWatches(),
    holdRemovals: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      engine.removals = promise
      return resolve
    },
    get isDead() {
      return engine.isDead
    },
    get isCutOff() {
      return engine.isCutOff
    },
    set isCutOff(value) {
      engine.isCutOff = value
    },
  }
}

class MortalEngine implements Engine {
  readonly name = 'mortal'
  readonly native = undefined
  isDead = false
  isCutOff = false
  removals: Promise<void> = Promise.resolve()
  readonly #inner: Engine
  readonly #clock: () => NodePort['clock']
  readonly #held: AsyncDisposable[] = []
  #onWatchLost: ((reason: Error) => void)[] = []

  constructor(inner: Engine, clock: () => NodePort['clock']) {
    this.#inner = inner
    this.#clock = clock
  }

  get status(): EngineStatus {
    return this.#inner.status
  }

  async kill(): Promise<void> {
    this.isDead = true
    for (const one of this.#held) await one[Symbol.asyncDispose]()
  }

  loseWatches(): void {
    for (const lose of this.#onWatchLost.splice(0)) lose(new Error('the watch was lost'))
  }

  publish(subject: string, body: Uint8Array): void {
    if (!this.isDead) this.#inner.publish(subject, body)
  }

  async subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    const subscription = await this.#inner.subscribe(subject, onMessage, options)
    this.#held.push(subscription)
    return subscription
  }

  async request(subject: string, body: Uint8Array, options?: RequestOptions): Promise<Uint8Array> {
    return await this.#answered(() => this.#inner.request(subject, body, options))
  }

  async state(name: string, options?: StateOptions): Promise<KeyedState> {
    const inner = await this.#inner.state(name, options)
    const ask = <T>(run: () => Promise<T>) =>
      this.isCutOff ? Promise.reject(new Error('no connection')) : this.#answered(run)
    return {
      name,
      get: (key) => ask(() => inner.get(key)),
      create: (key, value) => ask(() => inner.create(key, value)),
      update: (key, value, revision) => ask(() => inner.update(key, value, revision)),
      put: (key, value) => ask(() => inner.put(key, value)),
      delete: (key, revision) =>
        ask(async () => {
          await this.removals
          await inner.delete(key, revision)
        }),
      watch: (pattern, onChange) => ask(() => this.#watch(inner, pattern, onChange)),
    }
  }

  queue: Engine['queue'] = (name, options) => this.#inner.queue(name, options)
  blobs: Engine['blobs'] = (name) => this.#inner.blobs(name)
  stores: Engine['stores'] = () => this.#inner.stores()
  removeStore: Engine['removeStore'] = (store) => this.#inner.removeStore(store)
  onStatus: Engine['onStatus'] = (listener) => this.#inner.onStatus(listener)

  pulse(options: PulseOptions): Promise<AsyncDisposable> {
    return timerPulse(this, this.#clock(), options)
  }

  close(): Promise<void> {
    return this.kill()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  async #watch(state: KeyedState, pattern: string, onChange: (change: StateChange) => void) {
    let isLost = false
    const watch = await state.watch(pattern, (change) => {
      if (!isLost && !this.isDead) onChange(change)
    })
    this.#held.push(watch)
    const { promise, resolve } = Promise.withResolvers<Error>()
    this.#onWatchLost.push((reason) => {
      isLost = true
      resolve(reason)
    })
    return { lost: Promise.race([promise, watch.lost]), [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() }
  }

  /** The dead get no answer. */
  async #answered<T>(run: () => Promise<T>): Promise<T> {
    if (this.isDead) return await new Promise<never>(() => {})
    return await run()
  }
}
