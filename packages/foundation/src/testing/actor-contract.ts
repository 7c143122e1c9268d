/** What holds of the life of every actor: timers, news of ends, links, answers; over a node, or anything that starts actors like one. */

import assert from 'node:assert/strict'
import { type ActorDefinition, type ArgOf, defineActor } from '../actors/actor.ts'
import type { ActorReference } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { effect, type TimerEffect, withEffects } from '../actors/effect.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import { messageOf } from '../errors.ts'
import type { SpawnOptions } from '../node/spawn-options.ts'
import type { ContractCase } from './contract-case.ts'
import { settled, type VirtualClock } from './virtual-clock.ts'

/** A node, as the laws need it. */
export interface TestedActors extends AsyncDisposable {
  readonly clock: VirtualClock
  spawn<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options?: SpawnOptions): Promise<ActorRef<D>>
  stop(actor: ActorReference): Promise<ExitReason>
}

export type OpenActors = () => Promise<TestedActors>

interface Told {
  readonly log: string[]
  /** What `hold` waits for. */
  readonly gate: Promise<void>
}

const init = (told: Told) => told

/** Does what it is told and writes down what happens to it. */
const Probe = defineActor(import.meta.url, {
  name: 'probe',
  version: 1,
  init,
  calls: {
    hold: {
      run: async (s: Told) => {
        await s.gate
        return [s, 'held']
      },
    },
    crash: { run: (_: Told): [Told, null] => fail() },
  },
  casts: {
    note: { run: (s: Told, text: string) => noted(s, text) },
    crash: { run: (_: Told): Told => fail() },
    end: { run: (s: Told) => withEffects(s, [effect.stop()]) },
    timer: {
      run: (s: Told, timer: { readonly name: string } & Pick<TimerEffect, 'delayMs' | 'repeat'>) => {
        const { name, ...how } = timer
        return withEffects(s, [effect.startTimer(name, { ...how, cast: 'note', input: name })])
      },
    },
    cancel: { run: (s: Told, name: string) => withEffects(s, [effect.cancelTimer(name)]) },
    watch: { run: (s: Told, who: ActorReference) => withEffects(s, [effect.monitor(who)]) },
    unwatch: { run: (s: Told, who: ActorReference) => withEffects(s, [effect.demonitor(who)]) },
    link: { run: (s: Told, who: ActorReference) => withEffects(s, [effect.link(who)]) },
    unlink: { run: (s: Told, who: ActorReference) => withEffects(s, [effect.unlink(who)]) },
    /** Sends a note to that one and crashes. */
    noteAndCrash: {
      run: (s: Told, to: ActorReference) => withEffects(s, [effect.cast(to, 'note', 'last words'), crashing]),
    },
  },
  down: (s: Told, { reason }) => noted(s, `down ${reason.type}`),
  stop: (s: Told, reason) => void noted(s, `stopped ${reason.type}`),
})

/** The same, but it hears of the end of those it is linked to. */
const TrappingProbe: typeof Probe = {
  ...Probe,
  exit: {
    name: 'exit',
    input: undefined,
    run: (s, gone) => noted(s as Told, `exit ${(gone as { readonly reason: ExitReason }).reason.type}`),
    async: false,
    lasting: true,
  },
}

/** An effect that can't be carried out is a crash. */
const crashing = effect.startTimer('never', { delayMs: 1, cast: 'there is no such cast' })

function noted(s: Told, text: string): Told {
  s.log.push(text)
  return s
}

function fail(): never {
  throw new Error('told to')
}

/** @example for (const { name, run } of actorContract(open)) test(name, run) */
export function actorContract(open: OpenActors): readonly ContractCase[] {
  const law = (name: string, check: (world: World) => Promise<void>): ContractCase => ({
    name,
    async run() {
      await using actors = await open()
      await check(new World(actors))
    },
  })
  return [...lawsOfTimers(law), ...lawsOfNews(law), ...lawsOfLinks(law), ...lawsOfAnswers(law)]
}

type Law = (name: string, check: (world: World) => Promise<void>) => ContractCase

function lawsOfTimers(law: Law): readonly ContractCase[] {
  return [
    law('a timer never fires after its actor ended, however it ended, and none is left', async (world) => {
      for (const ending of ['end', 'crash'] as const) {
        const probe = await world.probe()
        probe.ref.cast('timer', { name: 'late', delayMs: 100, repeat: true })
        probe.ref.cast('timer', { name: 'far', delayMs: 3_600_000 })
        await settled()
        probe.ref.cast(ending)
        await world.clock.advance(1_000)
        assert.ok(!probe.log.includes('late'), probe.log.join(', '))
      }
      assert.equal(world.clock.pendingTimers, 0)
    }),
    law('a timer that was cancelled never fires, also one that is due and waits for its turn', async (world) => {
      const probe = await world.probe()
      probe.ref.cast('timer', { name: 'early', delayMs: 100 })
      probe.ref.cast('cancel', 'early')
      probe.ref.cast('timer', { name: 'one', delayMs: 100 })
      probe.ref.cast('timer', { name: 'two', delayMs: 100 })
      await settled()
      const held = probe.ref.call('hold')
      await world.clock.advance(100)
      probe.ref.cast('note', 'after')
      probe.open()
      await held
      await settled()
      assert.deepEqual(probe.log, ['one', 'two', 'after'])
    }),
    law('timers, news and a request to stop overtake messages, also where the mailbox is full', async (world) => {
      const [probe, other] = [await world.probe({ mailboxCapacity: 2 }), await world.probe()]
      probe.ref.cast('watch', other.ref)
      probe.ref.cast('timer', { name: 'timer', delayMs: 10 })
      await settled()
      const held = probe.ref.call('hold')
      await settled()
      for (const text of ['1', '2']) probe.ref.cast('note', text)
      assert.throws(() => probe.ref.cast('note', '3'))
      await world.clock.advance(10)
      other.ref.cast('crash')
      await settled()
      probe.open()
      await held
      await settled()
      assert.deepEqual(probe.log, ['timer', 'down crashed', '1', '2'])
      await world.checkStop()
    }),
  ]
}

function lawsOfNews(law: Law): readonly ContractCase[] {
  return [
    law('each monitor tells once, with the reason', async (world) => {
      const [first, second, other] = [await world.probe(), await world.probe(), await world.probe()]
      for (const ref of [first.ref, first.ref, second.ref]) ref.cast('watch', other.ref)
      const heard: string[] = []
      other.ref.monitor((reason) => heard.push(reason.type))
      await settled()
      other.ref.cast('crash')
      await settled()
      first.ref.cast('watch', other.ref)
      await settled()
      assert.deepEqual(first.log, ['down crashed', 'down crashed', 'down no-such-actor'])
      assert.deepEqual([second.log, heard], [['down crashed'], ['crashed']])
    }),
    law('a monitor that was taken back does not tell, also where the news waits for its turn', async (world) => {
      const [probe, one, two] = [await world.probe(), await world.probe(), await world.probe()]
      for (const other of [one, two]) probe.ref.cast('watch', other.ref)
      probe.ref.cast('unwatch', one.ref)
      await settled()
      one.ref.cast('crash')
      await settled()
      assert.deepEqual(probe.log, [])
      two.ref.cast('end')
      await settled()
      assert.deepEqual(probe.log, ['down normal'])
    }),
    law('news of an end comes after what that actor had sent', async (world) => {
      const [probe, other] = [await world.probe(), await world.probe()]
      probe.ref.cast('watch', other.ref)
      await settled()
      const held = probe.ref.call('hold')
      await settled()
      probe.ref.cast('note', 'from outside')
      other.ref.cast('noteAndCrash', probe.ref)
      await settled()
      probe.ref.cast('note', 'after')
      probe.open()
      await held
      await settled()
      assert.deepEqual(probe.log, ['from outside', 'last words', 'down crashed', 'after'])
    }),
  ]
}

function lawsOfLinks(law: Law): readonly ContractCase[] {
  return [
    law('of two that are linked neither outlives the other, unless it ended normally', async (world) => {
      for (const [ending, ended] of [
        ['crash', 'linked'],
        ['end', undefined],
      ] as const) {
        for (const at of [0, 1]) {
          const pair = [await world.probe(), await world.probe()] as const
          pair[0].ref.cast('link', pair[1].ref)
          await settled()
          const survivor = pair[1 - at] as Probed
          survivor.ref.monitor((reason) => survivor.log.push(reason.type))
          pair[at]?.ref.cast(ending)
          await settled()
          assert.deepEqual(survivor.log, ended === undefined ? [] : [ended])
        }
      }
    }),
    law('one that hears of exits lives on and is told, of a normal end too', async (world) => {
      const trapping = await world.probe({}, TrappingProbe)
      for (const ending of ['crash', 'end'] as const) {
        const other = await world.probe()
        other.ref.cast('link', trapping.ref)
        await settled()
        other.ref.cast(ending)
        await settled()
      }
      assert.deepEqual(trapping.log, ['exit crashed', 'exit normal'])
    }),
    law('those that were unlinked end each for itself', async (world) => {
      const [one, two] = [await world.probe(), await world.probe()]
      one.ref.cast('link', two.ref)
      two.ref.cast('unlink', one.ref)
      await settled()
      one.ref.cast('crash')
      await settled()
      two.ref.cast('note', 'alive')
      await settled()
      assert.deepEqual(two.log, ['alive'])
    }),
  ]
}

function lawsOfAnswers(law: Law): readonly ContractCase[] {
  return [
    law('a call is answered once: the one under way and those that wait, when the actor crashes', async (world) => {
      const probe = await world.probe()
      const outcomes: string[] = []
      const note = (name: string, answer: Promise<unknown>) =>
        answer.then(
          () => outcomes.push(`${name} answered`),
          (thrown) => outcomes.push(`${name} ${messageOf(thrown).includes('crashed') ? 'crashed' : 'other'}`),
        )
      const all = [note('hold', probe.ref.call('hold')), note('crash', probe.ref.call('crash'))]
      all.push(note('behind', probe.ref.call('hold')))
      probe.open()
      await Promise.all(all)
      await settled()
      assert.deepEqual(outcomes, ['hold answered', 'crash crashed', 'behind crashed'])
    }),
  ]
}

interface Probed {
  readonly ref: ActorRef<typeof Probe>
  readonly log: string[]
  open(): void
}

class World {
  readonly #actors: TestedActors

  constructor(actors: TestedActors) {
    this.#actors = actors
  }

  get clock(): VirtualClock {
    return this.#actors.clock
  }

  async probe(options: SpawnOptions = {}, definition: typeof Probe = Probe): Promise<Probed> {
    const log: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const ref = await this.#actors.spawn(definition, { log, gate: promise }, options)
    return { ref, log, open: resolve }
  }

  async checkStop(): Promise<void> {
    const probe = await this.probe({ mailboxCapacity: 2 })
    const held = probe.ref.call('hold')
    await settled()
    for (const text of ['1', '2']) probe.ref.cast('note', text)
    const stopped = this.#actors.stop(probe.ref)
    probe.open()
    await Promise.all([held, stopped])
    assert.deepEqual(probe.log, ['stopped shutdown'])
  }
}
