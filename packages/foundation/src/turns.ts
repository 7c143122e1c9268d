/**
 * Who goes next: a queue of things that have something to do, run one after the other outside the caller's turn. It
 * runs in microtasks, which are fast but would starve timers and sockets, so after a slice it waits for the next turn
 * of the event loop.
 */

import { currentContext, runInContext } from './async-context.ts'
import type { Clock } from './clock.ts'

/** Something that can be in the queue once at a time. */
export interface Task {
  /** Does a bounded piece of work; must not throw. Asks again if there is more. */
  runTurn(): void
  /** Owned by the queue. */
  nextTask: Task | undefined
}

const sliceMs = 1
/** Bounds a slice where time stands still (a virtual clock). */
const sliceTasksMax = 4096
/** The clock is read once in so many tasks. */
const tasksPerLook = 16

/** *Delivery*: first asked, first run. *Runs in* a microtask, or in a turn of its own after a full slice. */
export class Turns {
  readonly #clock: Clock
  readonly #settled = Promise.resolve()
  #first: Task | undefined
  #last: Task | undefined
  #planned = false
  #tasks = 0
  #sliceStartMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The caller makes sure that a task is not queued twice. */
  ask(task: Task): void {
    if (this.#last === undefined) this.#first = task
    else this.#last.nextTask = task
    this.#last = task
    if (this.#planned) return
    this.#planned = true
    if (this.#sliceIsOver()) setImmediate(this.#startSlice)
    else this.#settled.then(this.#run)
  }

  readonly #run = (): void => {
    // The microtask inherits the context of whoever asked first; the tasks are not on their behalf.
    if (currentContext() === undefined) this.#runTasks()
    else runInContext(undefined, () => this.#runTasks())
  }

  #runTasks(): void {
    for (let task = this.#first; task !== undefined; task = this.#first) {
      this.#first = task.nextTask
      if (this.#first === undefined) this.#last = undefined
      task.nextTask = undefined
      task.runTurn()
      if (this.#first !== undefined && this.#sliceIsOver()) return void setImmediate(this.#startSlice)
    }
    this.#planned = false
  }

  readonly #startSlice = (): void => {
    this.#tasks = 0
    this.#sliceStartMs = this.#clock.monotonicMs()
    this.#run()
  }

  #sliceIsOver(): boolean {
    this.#tasks++
    if (this.#tasks % tasksPerLook !== 0) return false
    return this.#tasks >= sliceTasksMax || this.#clock.monotonicMs() - this.#sliceStartMs >= sliceMs
  }
}
