/** The laws of a protocol, for authors of one: what the session loop and those who read outcomes rely on. */

import assert from 'node:assert/strict'
import { isMabeamError, type Random, seededRandom } from '@mabeam/foundation'
import type { ContractCase } from '@mabeam/foundation/testing'
import type { Absence, AskCommand, Feedback, Outcome, Participant, Protocol } from '../sessions/protocol.ts'
import { type ProtocolRun, type ProtocolRunOptions, runProtocol, type ScriptedAnswer } from './protocol-run.ts'
import { watchedProtocol } from './watched-protocol.ts'

/** A specification that is right, who takes part, and what they might say. */
export interface ProtocolCase<Spec> {
  readonly spec: Spec
  readonly participants: readonly (string | Participant)[]
  /** Draws an answer of the right shape; when it comes is the contract's to say. */
  readonly answer: (from: string, ask: AskCommand, random: Random) => ScriptedAnswer
}

export interface ProtocolContractOptions<Spec, O> {
  readonly cases: readonly ProtocolCase<Spec>[]
  /** Specifications that `check` must refuse, for the participants of the first case. That of nothing, and unknown keys, need not be among them. */
  readonly wrong: readonly unknown[]
  /**
   * What of an outcome may not depend on the order in which answers come, nor on which of them come together.
   * @default nothing: whoever is first may count for more
   */
  readonly inAnyOrder?: (outcome: O) => unknown
  /** Worlds for each law and case. @default 20 */
  readonly seeds?: number
}

/** @example for (const { name, run } of protocolContract(barrier, { cases, wrong: [{ needed: 0 }] })) test(name, run) */
export function protocolContract<Spec, C, S, O extends Outcome>(
  protocol: Protocol<Spec, C, S, O>,
  options: ProtocolContractOptions<Spec, O>,
): readonly ContractCase[] {
  const laws = new ProtocolLaws(protocol, options)
  const { inAnyOrder } = options
  return [
    { name: 'what can not be is refused with a typed error', run: async () => laws.refuses() },
    laws.law('the same seed, answers and times give the same commands', async (world) => {
      assert.deepEqual((await world.run()).commands, (await world.run()).commands)
    }),
    laws.law('it ends though nobody answers, whatever the reason', async (world) => {
      const absent = world.random.shuffle(absences)[0] ?? 'late'
      assertEnded(await world.run({ answer: () => ({ absent }) }))
    }),
    laws.law('it ends though some never answer', async (world) => {
      assertEnded(await world.run({ answer: world.partly }))
    }),
    laws.law('after the last event, whenever that comes, it says done or nothing', async (world) => {
      for (const deadlineMs of [0, 1, 1 + world.random.int(delayMsMax), 1 + world.random.int(10 * delayMsMax)]) {
        await world.run({ deadlineMs, answer: world.delayed })
      }
    }),
    laws.law('what an expert says that it does not understand hurts nothing, nor do new weights', async (world) => {
      const feedback = world.feedback()
      assertEnded(await world.run({ feedback, answer: world.delayed }))
    }),
    laws.law('a task that fails does not fail it', async (world) => {
      assertEnded(await world.run({}, failingTasks))
    }),
    ...(inAnyOrder === undefined ? [] : [laws.orderLaw(inAnyOrder)]),
  ]
}

const absences: readonly Absence[] = ['late', 'gone', 'failed', 'malformed', 'too-large', 'void']
const delayMsMax = 50
/** Requests of asks that a protocol of a few participants may need: more of them, and it would go on for ever. */
const asksMax = 2_000

/** One drawn run after another. The same calls with the same seed are the same runs. */
interface World<Spec, O> {
  readonly random: Random
  readonly delayed: Answerer
  readonly partly: Answerer
  run(how?: Partial<ProtocolRunOptions<Spec>>, change?: ChangeProtocol): Promise<ProtocolRun<O>>
  feedback(): NonNullable<ProtocolRunOptions<Spec>['feedback']>
}

type Answerer = ProtocolRunOptions<unknown>['answer']
type ChangeProtocol = (protocol: Protocol) => Protocol

class ProtocolLaws<Spec, C, S, O extends Outcome> {
  readonly #protocol: Protocol<Spec, C, S, O>
  readonly #options: ProtocolContractOptions<Spec, O>

  constructor(protocol: Protocol<Spec, C, S, O>, options: ProtocolContractOptions<Spec, O>) {
    this.#protocol = protocol
    this.#options = options
  }

  law(name: string, check: (world: World<Spec, O>) => Promise<void>): ContractCase {
    const { cases, seeds = 20 } = this.#options
    return {
      name,
      run: async () => {
        for (const [at, one] of cases.entries()) {
          for (let seed = 0; seed < seeds; seed++) {
            try {
              await check(this.#world(one, seed))
            } catch (cause) {
              throw new Error(`case ${at}, seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause })
            }
          }
        }
      },
    }
  }

  orderLaw(said: (outcome: O) => unknown): ContractCase {
    return this.law('answers give the same outcome in any order, together or one by one', async (world) => {
      const together = await world.run()
      const apart = await world.run({ answer: world.delayed })
      assert(together.outcome !== undefined && apart.outcome !== undefined, 'expected an outcome')
      assert.deepEqual(said(apart.outcome), said(together.outcome))
    })
  }

  refuses(): void {
    const [first] = this.#options.cases
    if (first === undefined) throw new Error('expected a case at least')
    const participants = first.participants.map(participantOf)
    this.#protocol.check(first.spec, participants)
    const unknown = typeof first.spec === 'object' ? [{ ...first.spec, noSuchOption: 1 }] : []
    for (const spec of [undefined, null, 7, ...unknown, ...this.#options.wrong]) {
      assert.throws(
        () => this.#protocol.check(spec as Spec, participants),
        isMabeamError,
        `expected a MabeamError for ${JSON.stringify(spec)}`,
      )
    }
  }

  #world({ spec, participants, answer }: ProtocolCase<Spec>, seed: number): World<Spec, O> {
    const root = seededRandom(`contract ${seed}`)
    // What somebody says depends on who is asked what, and not on when.
    const said: Answerer = (from, ask) => answer(from, ask, root.fork(`${from} ${ask.ask}`))
    const delayed: Answerer = (from, ask) => ({
      ...said(from, ask),
      afterMs: root.fork(`delay ${from} ${ask.ask}`).int(delayMsMax),
    })
    const partly: Answerer = (from, ask) => {
      const drawn = root.fork(`absence ${from} ${ask.ask}`)
      const absent = drawn.next() < 0.5 ? drawn.shuffle(absences)[0] : undefined
      return absent === undefined ? delayed(from, ask) : { absent, afterMs: drawn.int(delayMsMax) }
    }
    return {
      random: root.fork('law'),
      delayed,
      partly,
      run: (how = {}, change = (protocol) => protocol) =>
        runProtocol(change(watchedProtocol(this.#protocol)) as Protocol<Spec, C, S, O>, {
          spec,
          participants,
          answer: said,
          seed,
          asksMax,
          ...how,
        }),
      feedback: () => feedbackOf(root.fork('feedback'), participants.map(participantOf)),
    }
  }
}

function participantOf(one: string | Participant): Participant {
  return typeof one === 'string' ? { id: one, capabilities: [] } : one
}

function feedbackOf(random: Random, participants: readonly Participant[]) {
  const opinions = [undefined, null, Number.NaN, 'nonsense', [], { verdict: { deep: [1] } }]
  const [anyone] = random.shuffle(participants)
  const weights = anyone === undefined ? {} : { [anyone.id]: random.int(5) }
  const said: readonly Feedback[] = [
    ...opinions.map((opinion) => ({ type: 'expert', from: 'ada', opinion }) as const),
    { type: 'weights', weights },
  ]
  return random.shuffle(said).map((feedback) => ({ atMs: random.int(delayMsMax), feedback }))
}

function failingTasks(protocol: Protocol): Protocol {
  const fail = async () => {
    throw new Error('out of memory')
  }
  const tasks = Object.fromEntries(Object.keys(protocol.tasks ?? {}).map((task) => [task, fail]))
  return { ...protocol, tasks }
}

function assertEnded({ asks, outcome }: ProtocolRun<Outcome>): void {
  assert(asks.length <= asksMax, `it asked ${asks.length} times and had not ended`)
  assert(outcome === undefined || typeof outcome.type === 'string', 'expected an outcome with a type')
}
