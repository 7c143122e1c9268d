/**
 * Who goes next: a queue of things that have something to do, run one after the other outside the caller's turn. It
 * runs in microtasks, which are fast but would starve timers and sockets, so after a slice it waits for the next turn
 * of the event loop.
 */

import type { Clock } from './clock.ts'
import { runOutsideContext } from './context/async-context.ts'

/** Something that can be in the queue once at a time. */
export interface Task {
  /** Does a bounded piece of work; must not throw. Asks again if there is more. */
  runTurn(): void
  /** Owned by the queue. */
  nextTask: Task | undefined
}

/** How long tasks run before the thread is handed back. */
export interface SliceLimits {
  readonly sliceMs: number
  /** Bounds a slice where time stands still (a virtual clock). */
  readonly sliceTasksMax: number
  /** The clock is read once in so many tasks. */
  readonly tasksPerLook: number
  /** After so many, promises that they resolved go first, before the slice goes on. */
  readonly tasksPerPause: number
}

export const sliceDefaults = {
  sliceMs: 1,
  sliceTasksMax: 4096,
  tasksPerLook: 16,
  tasksPerPause: Number.POSITIVE_INFINITY,
} as const satisfies SliceLimits

/**
 * Where tasks run: in no async context, or in that of whoever asked first, which is cheaper for tasks that see to the
 * context of their work themselves.
 */
type TaskContext = 'none' | 'of-the-first'

/** *Delivery*: first asked, first run. *Runs in* a microtask, or in a turn of its own after a full slice. */
export class Turns {
  readonly #clock: Clock
  readonly #limits: SliceLimits
  readonly #context: TaskContext
  readonly #settled = Promise.resolve()
  #first: Task | undefined
  #last: Task | undefined
  #planned = false
  #tasks = 0
  #sliceStartMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, limits: SliceLimits = sliceDefaults, context: TaskContext = 'none') {
    this.#clock = clock
    this.#limits = limits
    this.#context = context
  }

  /** The caller makes sure that a task is not queued twice. */
  ask(task: Task): void {
    if (this.#last === undefined) this.#first = task
    else this.#last.nextTask = task
    this.#last = task
    if (this.#planned) return
    this.#planned = true
    if (this.#sliceIsOver()) this.#handBack()
    else this.#settled.then(this.#run)
  }

  readonly #run = (): void => {
    if (this.#context === 'of-the-first') this.#tasksOfSlice()
    // The microtask inherits the context of whoever asked first; the tasks are not on their behalf.
    else runOutsideContext(this.#tasksOfSlice)
  }

  readonly #tasksOfSlice = (): void => {
    let left = this.#limits.tasksPerPause
    for (let task = this.#first; task !== undefined; task = this.#first) {
      this.#first = task.nextTask
      if (this.#first === undefined) this.#last = undefined
      task.nextTask = undefined
      task.runTurn()
      if (this.#first !== undefined && this.#sliceIsOver()) return void this.#handBack()
      if (this.#first !== undefined && --left === 0) return void this.#pause()
    }
    this.#planned = false
  }

  #pause(): void {
    if (this.#clock.handBack === undefined) this.#settled.then(this.#nextTick)
    else this.#clock.handBack(this.#run)
  }

  /** A tick that is asked for by a promise comes when no promise has anything left to do. */
  readonly #nextTick = (): void => process.nextTick(this.#run)

  #handBack(): void {
    if (this.#clock.handBack === undefined) setImmediate(this.#startSlice)
    else this.#clock.handBack(this.#startSlice)
  }

  readonly #startSlice = (): void => {
    this.#tasks = 0
    this.#sliceStartMs = this.#clock.monotonicMs()
    this.#run()
  }

  #sliceIsOver(): boolean {
    const { sliceMs, sliceTasksMax, tasksPerLook } = this.#limits
    this.#tasks++
    if (this.#tasks % tasksPerLook !== 0) return false
    return this.#tasks >= sliceTasksMax || this.#clock.monotonicMs() - this.#sliceStartMs >= sliceMs
  }
}
