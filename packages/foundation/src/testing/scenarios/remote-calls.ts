/**
 * Calls between nodes, and watchers of actors of other nodes. It breaks when a call is executed twice, when calls of one
 * sender overtake each other, when a call has not ended after its deadline, when an answer is that of another call, when a
 * watcher is told twice, and when one is not told of an actor or node that is no more.
 */

import assert from 'node:assert/strict'
import { defineActor } from '../../actors/actor.ts'
import type { ActorAddress } from '../../actors/actor-address.ts'
import type { ActorRef } from '../../actors/actor-ref.ts'
import { effect, withEffects } from '../../actors/effect.ts'
import { delay } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { Simulation } from '../sim/simulation.ts'
import { isExpected, type LivingNode, lawHolds, type MakePart, openedOn } from './node-scenario.ts'

const untilMs = 30_000
const everyMs = 400
const burstMax = 4
const callTimeoutMs = 3_000
/** Deadlines that fall together are told together. */
const slackMs = 1_000
const mortalMs = 6_000

interface Take {
  readonly sender: string
  readonly number: number
}

interface Watch {
  readonly watcher: LivingNode
  readonly target: ActorAddress
  told: number
  reason: string
}

/** @example nodeScenario([remoteCalls()]) */
export function remoteCalls(): MakePart {
  return (sim) => {
    const calls = new CallLaws()
    const watches: Watch[] = []
    /** Actors that ended by themselves. */
    const ended = new Set<string>()
    const Mortal = mortalDefinition((address) => ended.add(idOf(address)))
    const Tally = defineActor(import.meta.url, {
      name: 'tally',
      version: 1,
      init: (living: LivingNode) => living,
      calls: {
        take: {
          run: (living, take: Take) => {
            lawHolds(sim, () => calls.executed(take, living.process))
            return [living, take.number]
          },
        },
        lend: {
          run: async (living, livesMs: number) => [living, await living.node.spawn(Mortal, livesMs)] as const,
        },
      },
    })
    const Watcher = watcherDefinition(sim, watches)
    return {
      async run(living) {
        const { node, machine } = living
        const tallies = await openedOn(living, () =>
          node.place(Tally, living, { name: 'tally', strategy: 'replicated' }),
        )
        const watcher = await node.spawn(Watcher, living)
        const random = machine.ports.random.fork('calls')
        const caller = { living, calls, fail: (thrown: unknown) => sim.fail(thrown) }
        while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
          await delay(machine.ports.clock, random.int(2 * everyMs))
          const others = tallies.refs().filter((ref) => ref.address.node !== node.name)
          const other = others[random.int(Math.max(1, others.length))]
          if (other === undefined) continue
          if (random.int(4) === 0) void lendAndWatch(other, watcher, random).catch(ignoreExpected).catch(caller.fail)
          else for (let left = 1 + random.int(burstMax); left > 0; left--) call(other, caller)
        }
      },
      check(nodes) {
        calls.check()
        assert.ok(watches.length > 0, 'nothing was ever watched')
        for (const watch of watches) checkWatch(watch, nodes, ended)
      },
    }
  }
}

/** What was executed, and how the calls ended. */
class CallLaws {
  readonly #executed = new Map<string, string>()
  readonly #lastOf = new Map<string, number>()
  #answers = 0
  #lastNumber = 0

  nextNumber(): number {
    return ++this.#lastNumber
  }

  executed({ sender, number }: Take, at: string): void {
    const before = this.#executed.get(`${sender} ${number}`)
    assert.ok(before === undefined, `call ${number} of ${sender} was executed twice: at ${before} and at ${at}`)
    this.#executed.set(`${sender} ${number}`, at)
    const lane = `${sender} ${at}`
    const last = this.#lastOf.get(lane) ?? 0
    assert.ok(number > last, `${at} executed call ${number} of ${sender} after call ${last}`)
    this.#lastOf.set(lane, number)
  }

  answered({ sender, number }: Take, answer: unknown): void {
    this.#answers++
    assert.equal(answer, number, `call ${number} of ${sender} was answered with ${answer}`)
    assert.ok(this.#executed.has(`${sender} ${number}`), `call ${number} of ${sender} was answered, not executed`)
  }

  check(): void {
    assert.ok(this.#answers > 0, 'no call was ever answered')
  }
}

interface Caller {
  readonly living: LivingNode
  readonly calls: CallLaws
  readonly fail: (thrown: unknown) => void
}

/** Made in this turn, so that the order of calls is that of their numbers. */
function call(to: ActorRef, { living, calls, fail }: Caller): void {
  const take: Take = { sender: living.process, number: calls.nextNumber() }
  let isOver = false
  const late = () => {
    if (!isOver) fail(new Error(`call ${take.number} of ${take.sender} has not ended ${slackMs} ms after its deadline`))
  }
  const cancel = living.machine.ports.clock.setTimer(callTimeoutMs + slackMs, late)
  const end = () => {
    assert.ok(!isOver, `call ${take.number} of ${take.sender} ended twice`)
    isOver = true
    cancel()
  }
  to.call('take', take as never, { timeoutMs: callTimeoutMs })
    .then(
      (answer) => {
        end()
        calls.answered(take, answer)
      },
      (thrown) => {
        end()
        ignoreExpected(thrown)
      },
    )
    .catch(fail)
}

/** Has the other node start an actor that does not live long, and watches it from here. */
async function lendAndWatch(other: ActorRef, watcher: ActorRef, random: Random): Promise<void> {
  const livesMs = random.int(2 * mortalMs)
  const mortal = await other.call('lend', livesMs as never, { timeoutMs: callTimeoutMs })
  await watcher.call('watch', mortal as never)
}

/** Ends itself, and tells so. */
function mortalDefinition(onEnd: (address: ActorAddress) => void) {
  return defineActor(import.meta.url, {
    name: 'mortal',
    version: 1,
    init: (livesMs: number) => withEffects({}, [effect.startTimer('end', { delayMs: livesMs, cast: 'end' })]),
    casts: { end: { run: (state) => withEffects(state, [effect.stop()]) } },
    stop: (_, __, { self }) => onEnd(self.address),
  })
}

/** Watches whom it is told to, and notes what it hears of them. */
function watcherDefinition(sim: Simulation, watches: Watch[]) {
  return defineActor(import.meta.url, {
    name: 'watcher',
    version: 1,
    init: (living: LivingNode) => ({ living, watched: new Map<string, Watch>() }),
    calls: {
      watch: {
        run: (state, who: ActorRef) => {
          const watch: Watch = { watcher: state.living, target: who.address, told: 0, reason: '' }
          watches.push(watch)
          state.watched.set(idOf(who.address), watch)
          return [state, null, [effect.monitor(who)]]
        },
      },
    },
    down: (state, { actor, reason }) => {
      const who = idOf(actor.address)
      const watch = state.watched.get(who)
      lawHolds(sim, () => assert.ok(watch !== undefined, `${state.living.process} was told of ${who}, not watched`))
      if (watch === undefined) return state
      watch.told++
      watch.reason = reason.type
      return state
    },
  })
}

function checkWatch(
  { watcher, target, told, reason }: Watch,
  nodes: readonly LivingNode[],
  ended: ReadonlySet<string>,
): void {
  const sentence = `${watcher.process} watched ${idOf(target)}`
  assert.ok(told <= 1, `${sentence} and was told ${told} times`)
  const isThere = nodes.some(({ node }) => node.name === target.node && node.epoch === target.epoch)
  // A silent node counts as down, and is no less alive for it.
  const isTrue = reason === 'node-down' || ended.has(idOf(target)) || !isThere
  if (told === 1) assert.ok(isTrue, `${sentence} and was told ${reason} while it went on`)
  if (!nodes.includes(watcher) || told === 1) return
  assert.ok(isThere, `${sentence}, whose node is no more, and was never told`)
  assert.ok(!ended.has(idOf(target)), `${sentence}, which has ended, and was never told`)
}

function ignoreExpected(thrown: unknown): void {
  if (!isExpected(thrown)) throw thrown
}

function idOf({ node, epoch, id }: ActorAddress): string {
  return `${node}/${epoch}/${id}`
}
