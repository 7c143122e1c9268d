/**
 * One life of a simulated node, from start to crash. All that comes to a node from outside passes here: while it is paused
 * it waits, and once it is dead it is dropped, so that nothing of a dead node ever runs again.
 */

import type { CancelTimer, Clock } from '../../clock.ts'
import type { SimTrace } from './sim-trace.ts'

export interface SimLifeSettings {
  readonly name: string
  readonly epoch: number
  /** The clock of the simulation. */
  readonly clock: Clock
  readonly trace: SimTrace
  /** How much the wall time of the node is off. */
  skewMs(): number
  /** What the code of the node threw into the event loop; a process would end of it. */
  onThrown(thrown: unknown): void
}

export class SimLife {
  readonly name: string
  readonly epoch: number
  readonly clock: Clock
  /** Timers set by the node and neither fired nor cancelled. */
  pendingTimers = 0
  #state: 'running' | 'paused' | 'dead' = 'running'
  #pauses = 0
  #waitingTimers: (() => void)[] = []
  #waitingInput: (() => void)[] = []
  /** What it goes on with after a pause and has not come to yet. */
  #behind = 0
  readonly #settings: SimLifeSettings
  readonly #onEnd = new Set<() => void>()

  constructor(settings: SimLifeSettings) {
    this.name = settings.name
    this.epoch = settings.epoch
    this.#settings = settings
    const { clock } = settings
    this.clock = {
      nowMs: () => clock.nowMs() + settings.skewMs(),
      monotonicMs: () => clock.monotonicMs(),
      setTimer: (delayMs, run) => this.#setTimer(delayMs, run),
      handBack: (run) => {
        const goOn = () => this.wake(run)
        if (clock.handBack === undefined) clock.setTimer(0, goOn)
        else clock.handBack(goOn)
      },
    }
  }

  get running(): boolean {
    return this.#state === 'running'
  }

  get dead(): boolean {
    return this.#state === 'dead'
  }

  /** Runs what came from outside: now, when the node goes on, or never; in the order in which it came. */
  wake(run: () => void): void {
    if (this.#behind > 0) this.#later(run)
    else this.#take(run)
  }

  /** Does nothing until it is resumed as often as it was paused. */
  pause(): void {
    if (this.#state === 'dead') return
    this.#state = 'paused'
    this.#pauses++
  }

  /** `timersFirst`: whether timers that fell due run before the messages that came, or after. */
  resume(timersFirst: boolean): void {
    if (this.#state !== 'paused' || --this.#pauses > 0) return
    this.#state = 'running'
    const [timers, input] = [this.#waitingTimers, this.#waitingInput]
    this.#waitingTimers = []
    this.#waitingInput = []
    for (const run of timersFirst ? [...timers, ...input] : [...input, ...timers]) this.#later(run)
  }

  /** Nothing of it runs from now on. Idempotent. */
  end(): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    this.#waitingTimers = []
    this.#waitingInput = []
    for (const told of this.#onEnd) told()
    this.#onEnd.clear()
  }

  /** Calls `told` when it ends; what is returned takes that back. */
  onEnd(told: () => void): () => void {
    this.#onEnd.add(told)
    return () => void this.#onEnd.delete(told)
  }

  #take(run: () => void): void {
    if (this.#state === 'running') this.#run(run)
    else if (this.#state === 'paused') this.#waitingInput.push(run)
  }

  /** By a timer of the simulation, so that what each sets in motion settles before the next. */
  #later(run: () => void): void {
    this.#behind++
    this.#settings.clock.setTimer(0, () => {
      this.#behind--
      this.#take(run)
    })
  }

  #setTimer(delayMs: number, run: () => void): CancelTimer {
    const { clock, trace } = this.#settings
    let live = true
    this.pendingTimers++
    const fire = () => {
      if (!live) return
      live = false
      this.pendingTimers--
      trace.note('timer', this.name)
      this.#run(run)
    }
    const cancel = clock.setTimer(delayMs, () => {
      if (this.#state === 'running') fire()
      else if (this.#state === 'paused') this.#waitingTimers.push(fire)
    })
    return () => {
      if (!live) return
      live = false
      this.pendingTimers--
      cancel()
    }
  }

  #run(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.#settings.onThrown(thrown)
    }
  }
}
