/**
 * An actor with a name of the system that is moved to and fro under load, by everybody. It breaks when one state of it is gone on
 * from twice, which is what two copies do, when something told is executed twice or out of the order of its sender, when an
 * acknowledged call is missing though the actor lives on, and when not exactly one runs in the end.
 */

import assert from 'node:assert/strict'
import { type ActorContext, defineActor } from '../../actors/actor.ts'
import type { ActorRef } from '../../actors/actor-ref.ts'
import { delay } from '../../clock.ts'
import type { Simulation } from '../sim/simulation.ts'
import { isExpected, type LivingNode, lawHolds, type MakePart, openedOn } from './node-scenario.ts'

export interface MovingActorsOptions {
  /** How often each node moves it, on average. @default 1_500 */
  readonly moveEveryMs?: number
  /** One move only, by the node that has it, at this time. @default many, as `moveEveryMs` says */
  readonly moveOnceMs?: number
  /** Bytes of its state beside what it is told: above 65,536 they go by a blob. @default 0 */
  readonly stateBytes?: number
  /** Whether it is a placed singleton, of which every node may run it, in place of one that a node spawns. @default false */
  readonly placed?: boolean
  /** Whether messages may be lost: none may where nothing fails. @default true */
  readonly losses?: boolean
  /** Nobody tells it anything any more after so long. @default 20_000 */
  readonly untilMs?: number
}

const name = 'diary'
const sendersOfNode = 2
const everyMs = 100
const burstMax = 3
const callTimeoutMs = 3_000
const moveTimeoutMs = 2_000
/** How long it may be missing before somebody starts another one. */
const missingMs = 1_500

interface Told {
  readonly sender: string
  readonly number: number
}

interface Diary {
  /** Of one life, from `init` on, wherever it is. */
  readonly life: string
  readonly told: readonly Told[]
  readonly ballast: string
}

/** @example nodeScenario([movingActors()]) */
export function movingActors(options: MovingActorsOptions = {}): MakePart {
  const { losses = true, stateBytes = 0, untilMs = 20_000, placed = false } = options
  return (sim) => {
    const laws = new DiaryLaws(sim, losses)
    const Diary = diaryDefinition(laws, stateBytes)
    return {
      definitions: [Diary],
      async run(living) {
        const ref = living.node.lookup(Diary, name)
        if (placed) await openedOn(living, () => living.node.place(Diary, undefined, { name, strategy: 'singleton' }))
        else void keepAlive(living, untilMs, () => living.node.spawn(Diary, undefined, { name, scope: 'system' }))
        for (let i = 0; i < sendersOfNode; i++) void tell(sim, living, { ref, laws, i, untilMs })
        await moveAbout(sim, living, { ...options, ref })
      },
      async check(nodes) {
        const running = nodes.filter(({ node }) => node.find(Diary, name) !== undefined)
        assert.equal(running.length, 1, `it runs on ${running.map(({ node }) => node.name).join(', ') || 'no node'}`)
        const [{ node }] = running as [LivingNode]
        laws.check((await node.lookup(Diary, name).call('read', undefined, { timeoutMs: callTimeoutMs })) as Diary)
        if (!losses) laws.checkNothingLost()
      },
    }
  }
}

function diaryDefinition(laws: DiaryLaws, stateBytes: number) {
  const add = (diary: Diary, told: Told, { self }: ActorContext): Diary => {
    laws.executed(diary, told, self.address.node)
    return { ...diary, told: [...diary.told, told] }
  }
  return defineActor(import.meta.url, {
    name: 'diary',
    version: 1,
    init: (_: undefined, { self, random }): Diary => ({
      life: `${self.address.node}-${random.int(2 ** 32)}`,
      told: [],
      ballast: 'x'.repeat(stateBytes),
    }),
    calls: {
      tell: { run: (diary, told: Told, context) => [add(diary, told, context), diary.life] },
      read: { run: (diary, _: undefined) => [diary, diary] },
    },
    casts: { tell: { run: add } },
    save: (diary) => diary,
    load: (diary: Diary) => diary,
  })
}

class DiaryLaws {
  readonly #sim: Simulation
  readonly #losses: boolean
  /** What each state was gone on from by, by life and length. */
  readonly #steps = new Map<string, string>()
  readonly #lastOf = new Map<string, number>()
  readonly #lastAcknowledged = new Map<string, number>()
  readonly #acknowledged: { readonly told: Told; readonly life: string }[] = []
  readonly #executed = new Set<string>()
  readonly #sent: Told[] = []

  constructor(sim: Simulation, losses: boolean) {
    this.#sim = sim
    this.#losses = losses
  }

  sent(told: Told): void {
    this.#sent.push(told)
  }

  executed({ life, told: before }: Diary, told: Told, node: string): void {
    lawHolds(this.#sim, () => {
      const what = `${told.sender} ${told.number}`
      const step = `${life} ${before.length}`
      const other = this.#steps.get(step)
      assert.ok(other === undefined, `state ${step} was gone on from at ${other} and, by ${what}, at ${node}`)
      this.#steps.set(step, `${node} by ${what}`)
      assert.ok(!this.#executed.has(what), `${what} was executed twice`)
      this.#executed.add(what)
      if (this.#losses) return
      const last = this.#lastOf.get(told.sender) ?? 0
      assert.ok(told.number > last, `${what} was executed after ${last} by life ${life}, at ${node}`)
      this.#lastOf.set(told.sender, told.number)
    })
  }

  acknowledged(told: Told, life: string): void {
    this.#acknowledged.push({ told, life })
  }

  check(diary: Diary): void {
    assert.ok(this.#acknowledged.length > 0, 'nothing was ever acknowledged')
    const has = new Set(diary.told.map(({ sender, number }) => `${sender} ${number}`))
    const acknowledged = new Set<string>()
    for (const { told, life } of this.#acknowledged) {
      const what = `${told.sender} ${told.number}`
      acknowledged.add(what)
      assert.ok(life !== diary.life || has.has(what), `${what} was acknowledged and is missing`)
    }
    for (const { sender, number } of diary.told) {
      if (!acknowledged.has(`${sender} ${number}`)) continue
      const last = this.#lastAcknowledged.get(sender) ?? 0
      assert.ok(number > last, `${sender} ${number} was worked on after ${last}, both acknowledged`)
      this.#lastAcknowledged.set(sender, number)
    }
  }

  checkNothingLost(): void {
    const lost = this.#sent.filter(({ sender, number }) => !this.#executed.has(`${sender} ${number}`))
    assert.deepEqual(lost, [], 'messages were lost though nothing failed')
  }
}

interface Sender {
  readonly ref: ActorRef
  readonly laws: DiaryLaws
  readonly i: number
  readonly untilMs: number
}

/** A few casts, then a call that is waited for: each sender has one thing under way, and numbers what it sends. */
async function tell(sim: Simulation, living: LivingNode, { ref, laws, i, untilMs }: Sender): Promise<void> {
  const sender = `${living.process}/${i}`
  const random = living.machine.ports.random.fork(sender)
  let number = 0
  await ref.call('read', undefined, { timeoutMs: untilMs }).catch(() => {})
  while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
    await delay(living.machine.ports.clock, random.int(2 * everyMs))
    for (let left = random.int(burstMax + 1); left > 0; left--) {
      const told = { sender, number: ++number }
      laws.sent(told)
      ref.cast('tell', told)
    }
    const told = { sender, number: ++number }
    laws.sent(told)
    try {
      laws.acknowledged(told, String(await ref.call('tell', told as never, { timeoutMs: callTimeoutMs })))
    } catch (thrown) {
      if (!isExpected(thrown)) return sim.fail(thrown)
    }
  }
}

/** Somebody starts another one where it is no more. */
async function keepAlive(living: LivingNode, untilMs: number, start: () => Promise<unknown>): Promise<void> {
  const { node, machine } = living
  const { clock } = machine.ports
  const directory = await node.directory()
  const isFirst = machine.name === 'n1'
  let missingSinceMs = isFirst ? Number.NEGATIVE_INFINITY : clock.monotonicMs()
  while (living.isCurrent && clock.monotonicMs() < 2 * untilMs) {
    if (directory.lookup(name) !== undefined) missingSinceMs = clock.monotonicMs()
    else if (clock.monotonicMs() - missingSinceMs > missingMs) await start().catch(() => {})
    await delay(clock, 200)
  }
}

async function moveAbout(
  sim: Simulation,
  living: LivingNode,
  given: MovingActorsOptions & { ref: ActorRef },
): Promise<void> {
  const { ref, moveEveryMs = 1_500, moveOnceMs, untilMs = 20_000 } = given
  const { node, machine } = living
  const { clock } = machine.ports
  const random = machine.ports.random.fork('mover')
  const moved = async () => {
    const to = sim.names[random.int(sim.names.length)] as string
    await node
      .move(ref, { to, timeoutMs: moveTimeoutMs })
      .catch((thrown) => isExpectedOfMove(thrown) || sim.fail(thrown))
  }
  if (moveOnceMs !== undefined) {
    if (machine.name !== 'n1' || machine.epoch !== 1) return
    await delay(clock, moveOnceMs - sim.clock.monotonicMs())
    await node
      .move(ref, { to: 'n2', timeoutMs: moveTimeoutMs })
      .catch((thrown) => isExpectedOfMove(thrown) || sim.fail(thrown))
    return
  }
  while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
    await delay(clock, random.int(2 * moveEveryMs))
    await moved()
  }
}

/** It may be on the move already, or no more. */
function isExpectedOfMove(thrown: unknown): boolean {
  const code = thrown instanceof Error ? (thrown as { readonly code?: unknown }).code : undefined
  return isExpected(thrown) || expectedOfMove.has(String(code))
}

const expectedOfMove: ReadonlySet<string> = new Set([
  'foundation/move-failed',
  'foundation/name-taken',
  'foundation/move-refused',
])
