/** The timers of one actor, by name: each turns into a message when it falls due. Made when the first one is started. */

import type { CancelTimer, Clock } from '../clock.ts'
import { limitReached } from '../errors/actor-errors.ts'

export interface TimerSettings {
  readonly delayMs: number
  readonly repeat: boolean
  /** Called when it falls due. A repeating one starts again when what it returns is called. */
  fire(): void
}

interface Timer {
  readonly settings: TimerSettings
  cancel: CancelTimer | undefined
}

export class ActorTimers {
  readonly #clock: Clock
  readonly #owner: string
  readonly #timersMax: number
  readonly #timers = new Map<string, Timer>()

  constructor(clock: Clock, owner: string, timersMax: number) {
    this.#clock = clock
    this.#owner = owner
    this.#timersMax = timersMax
  }

  get names(): readonly string[] {
    return [...this.#timers.keys()]
  }

  /** In the place of the one of that name, if there is one. */
  start(name: string, settings: TimerSettings): void {
    this.cancel(name)
    if (this.#timers.size >= this.#timersMax) throw limitReached(this.#owner, 'timersMax', this.#timersMax)
    const timer: Timer = { settings, cancel: undefined }
    this.#timers.set(name, timer)
    this.#arm(name, timer)
  }

  cancel(name: string): void {
    this.#timers.get(name)?.cancel?.()
    this.#timers.delete(name)
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel?.()
    this.#timers.clear()
  }

  /** The message of a timer is about to be worked on: false when the timer was cancelled or replaced meanwhile. */
  taken(name: string, settings: TimerSettings): boolean {
    const timer = this.#timers.get(name)
    if (timer?.settings !== settings) return false
    if (settings.repeat) this.#arm(name, timer)
    else this.#timers.delete(name)
    return true
  }

  #arm(name: string, timer: Timer): void {
    timer.cancel = this.#clock.setTimer(timer.settings.delayMs, () => {
      timer.cancel = undefined
      if (this.#timers.get(name) === timer) timer.settings.fire()
    })
  }
}
