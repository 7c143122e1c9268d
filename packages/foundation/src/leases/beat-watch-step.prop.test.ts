import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import {
  type BeatEvent,
  type BeatWatchState,
  type BeatWatchStep,
  beatWatchStep,
  newBeatWatch,
} from './beat-watch-step.ts'

const settings = { beatMs: 200, missedMax: 3 }

/** What one watcher does about one node, in a world where that node beats and answers or does not. */
class World {
  nowMs = 0
  evictedMs: number[] = []
  beating = true
  answering = true
  /** The share of beats that is lost. */
  lossShare = 0
  readonly #step: BeatWatchStep
  readonly #random = seededRandom('beats')
  #state: BeatWatchState = newBeatWatch

  constructor(step: BeatWatchStep) {
    this.#step = step
    this.#send({ type: 'watch', nodes: ['n1'], atMs: 0 })
  }

  run(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += 20
      if (this.beating && this.nowMs % 200 === 60 && this.#random.next() >= this.lossShare) {
        this.#send({ type: 'beat', node: 'n1', atMs: this.nowMs })
      }
      if (this.nowMs % 200 === 0) this.#send({ type: 'tick', atMs: this.nowMs })
    }
  }

  /** The watcher itself stands still, then finds that time has passed. */
  pause(ms: number): void {
    this.nowMs += ms
  }

  /** Nothing is heard for so long, and then the connection is back. The watcher's own ticks are left out, as its runtime does. */
  cutOff(ms: number): void {
    this.nowMs += ms
    this.#send({ type: 'deaf', atMs: this.nowMs })
  }

  #send(event: BeatEvent): void {
    const [state, commands] = this.#step(this.#state, event, settings)
    this.#state = state
    for (const { type, node } of commands) {
      if (type === 'node-evict') this.evictedMs.push(this.nowMs)
      else this.#send({ type: 'probed', node, answered: this.answering, atMs: this.nowMs })
    }
  }
}

const laws: { readonly [name: string]: (world: World) => void } = {
  'a node that beats is left alone, also when every third beat is lost': (world) => {
    world.lossShare = 0.33
    world.run(600_000)
    expect(world.evictedMs).toEqual([])
  },
  'one that is silent but answers is left alone': (world) => {
    world.run(5_000)
    world.beating = false
    world.run(60_000)
    expect(world.evictedMs).toEqual([])
  },
  'one that is silent and does not answer is evicted within five beats, not before three are missed': (world) => {
    world.run(5_000)
    world.beating = false
    world.answering = false
    world.run(1_000)
    expect(world.evictedMs).toHaveLength(1)
    expect((world.evictedMs[0] ?? 0) - 5_000).toBeGreaterThanOrEqual(600)
  },
  'a watcher that stood still itself blames nobody': (world) => {
    world.run(5_000)
    world.answering = false
    // Its own tick comes before the node's next beat.
    world.pause(30_140)
    world.run(2_000)
    expect(world.evictedMs).toEqual([])
  },
  'a watcher that was cut off blames nobody for what it could not hear': (world) => {
    world.run(5_000)
    world.answering = false
    for (let i = 0; i < 100; i++) {
      // Too short to be taken for a pause of its own, and a beat falls into most of them.
      world.cutOff(380)
      world.beating = i % 2 === 0
      world.run(420)
    }
    expect(world.evictedMs).toEqual([])
  },
}

function broken(step: BeatWatchStep): string[] {
  return Object.entries(laws).flatMap(([name, law]) => {
    try {
      law(new World(step))
      return []
    } catch {
      return [name]
    }
  })
}

describe('beatWatchStep', () => {
  for (const [name, law] of Object.entries(laws)) test(name, () => law(new World(beatWatchStep)))
})

describe('the laws of beats notice', () => {
  const mutants: { readonly [name: string]: BeatWatchStep } = {
    'one missed beat taken for death': (state, event, given) =>
      beatWatchStep(state, event, { ...given, missedMax: 0.5 }),
    'patience without end': (state, event, given) => beatWatchStep(state, event, { ...given, missedMax: 30 }),
    'no question asked before an eviction': (state, event, given) =>
      event.type === 'probed'
        ? beatWatchStep(state, { ...event, answered: false }, given)
        : beatWatchStep(state, event, given),
    'a watcher that takes its own pause for silence of others': (state, event, given) =>
      event.type === 'tick'
        ? beatWatchStep({ ...state, tickedMs: event.atMs - 1 }, event, given)
        : beatWatchStep(state, event, given),
    'a watcher that takes what it could not hear for silence': (state, event, given) =>
      event.type === 'deaf' ? [state, []] : beatWatchStep(state, event, given),
    'beats that are not heard': (state, event, given) =>
      event.type === 'beat' ? [state, []] : beatWatchStep(state, event, given),
  }
  for (const [name, step] of Object.entries(mutants)) {
    test(name, () => expect(broken(step)).not.toEqual([]))
  }
})
