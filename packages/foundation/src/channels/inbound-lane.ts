/**
 * Messages that have arrived at a node, until it is their turn: one inbox a channel, drained in slices that hand the
 * thread back. Control that arrives is handed over at once, in a microtask, so that it waits for one slice at most.
 */

import type { Clock } from '../clock.ts'
import { type Task, Turns } from '../turns.ts'
import type { Arrival } from './channel-mail.ts'
import type { Priority } from './priority.ts'
import { PriorityQueues } from './priority-queues.ts'

export interface LaneSettings {
  readonly clock: Clock
  readonly inboxCapacity: number
  readonly inboxBytesMax: number
  readonly sliceMs: number
  /** Whose turn it is. Must not throw. */
  deliver(arrival: Arrival): void
  /** A slice is over. */
  sliceEnded(): void
}

/** So many are handed over before those who read a stream come to their turn: they must have room for as many. */
const burstMessages = 16

export class InboundLane {
  readonly inbox: PriorityQueues<Arrival>
  readonly #settings: LaneSettings
  readonly #slices: Turns
  readonly #urgent: Turns
  readonly #sliceTask: Task & { asked: boolean }
  readonly #urgentTask: Task & { asked: boolean }
  #onDrained: (() => void)[] = []
  #handed = 0

  constructor(settings: LaneSettings) {
    const { clock, inboxCapacity: capacity, inboxBytesMax: bytesMax, sliceMs } = settings
    this.#settings = settings
    this.#slices = new Turns(clock, { sliceMs, sliceTasksMax: 1_024, tasksPerLook: 1, tasksPerPause: burstMessages })
    this.#urgent = new Turns(clock, { sliceMs: 1, sliceTasksMax: 1_024, tasksPerLook: 1, tasksPerPause: 1 })
    this.inbox = new PriorityQueues((priority) => {
      // What is late is worth less than what is new only where it is a measurement.
      return { capacity, bytesMax, overflow: priority === 'telemetry' ? 'drop-oldest' : 'drop-newest' }
    })
    this.#sliceTask = { asked: false, nextTask: undefined, runTurn: () => this.#runSlice() }
    this.#urgentTask = { asked: false, nextTask: undefined, runTurn: () => this.#runUrgent() }
  }

  /** Returns how many found no place. */
  offer(priority: Priority, arrival: Arrival): number {
    const dropped = this.inbox.offer(priority, arrival, arrival.bytes)
    if (priority === 'control') this.#ask(this.#urgentTask, this.#urgent)
    else this.#ask(this.#sliceTask, this.#slices)
    return dropped
  }

  /** Gives a subscriber with a backlog its share of the slices. */
  ask(task: Task): void {
    this.#slices.ask(task)
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    if (this.inbox.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onDrained.push(resolve))
  }

  #ask(task: Task & { asked: boolean }, turns: Turns): void {
    if (task.asked) return
    task.asked = true
    turns.ask(task)
  }

  #runSlice(): void {
    this.#sliceTask.asked = false
    const arrival = this.inbox.take()
    if (arrival !== undefined) this.#settings.deliver(arrival)
    this.#handed++
    if (this.#handed % burstMessages === 0 || this.inbox.size === 0) this.#settings.sliceEnded()
    if (this.inbox.size > 0) this.#ask(this.#sliceTask, this.#slices)
    else this.#tellDrained()
  }

  #runUrgent(): void {
    this.#urgentTask.asked = false
    for (let left = burstMessages; left > 0; left--) {
      const arrival = this.inbox.take('control')
      if (arrival === undefined) break
      this.#settings.deliver(arrival)
    }
    if (this.inbox.size === 0) {
      this.#settings.sliceEnded()
      return void this.#tellDrained()
    }
    // After its run control waits for one message of the others, which the slices give.
    if (this.inbox.sizeOf('control') === this.inbox.size) this.#ask(this.#urgentTask, this.#urgent)
    else this.#ask(this.#sliceTask, this.#slices)
  }

  #tellDrained(): void {
    for (const told of this.#onDrained.splice(0)) told()
  }
}
