import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import { seededRandom } from '../random.ts'
import { actorContract, failingCases, type OpenActors, virtualClock } from '../testing/index.ts'
import type { ActorContext, ActorDefinition, Handler } from './actor.ts'
import type { ActorRef } from './actor-ref.ts'
import { Message } from './call-message.ts'
import { type Effect, effect, isWithEffects, withEffects } from './effect.ts'

/** What a planted bug is given of the actor whose effects it meddles with. */
interface Meddled {
  readonly state: unknown
  readonly context: ActorContext
  readonly definition: ActorDefinition
}
type Meddle = (one: Effect, at: Meddled) => readonly Effect[]

/** A node; with `meddle` each effect of a cast becomes those it gives. */
function open(meddle?: Meddle): OpenActors {
  return async () => {
    const clock = virtualClock()
    const node = await startNode({ name: 'n1', clock, random: seededRandom(1) })
    return {
      clock,
      spawn: (definition, arg, options) =>
        node.spawn(meddle === undefined ? definition : meddledWith(definition, meddle), arg, options),
      stop: (actor) => node.stop(actor),
      [Symbol.asyncDispose]: () => node.close(),
    }
  }
}

function meddledWith<D extends ActorDefinition>(definition: D, meddle: Meddle): D {
  const casts = [...definition.casts].map(([name, handler]): [string, Handler] => [
    name,
    {
      ...handler,
      run(state, input, context) {
        const next = handler.run(state, input, context)
        if (!isWithEffects(next)) return next
        return withEffects(
          next.state,
          next.effects.flatMap((one) => meddle(one, { state, context, definition })),
        )
      },
    },
  ])
  return { ...definition, casts: new Map(casts) }
}

const selfOf = (context: ActorContext) => context.self as ActorRef

describe('an actor keeps the contract', () => {
  for (const { name, run } of actorContract(open())) test(name, run)
})

describe('actorContract notices', () => {
  const mutants: Record<string, Meddle> = {
    'a timer after stop': (one, { state, context, definition }) => {
      if (one.type !== 'timer-start') return [one]
      const fire = () => void definition.casts.get(one.cast)?.run(state, one.input, context)
      if (one.timer === 'late') context.clock.setTimer(one.delayMs, fire)
      return one.timer === 'late' ? [] : [one]
    },
    'a timer that leaves its clock running': (one, { context }) => {
      if (one.type === 'timer-start') context.clock.setTimer(10_000, () => {})
      return [one]
    },
    'a cancelled timer that fires': (one) => (one.type === 'timer-cancel' ? [] : [one]),
    'a timer that waits behind messages': (one, { context }) => {
      if (one.type !== 'timer-start' || one.timer !== 'timer') return [one]
      const self = selfOf(context)
      context.clock.setTimer(one.delayMs, () => {
        try {
          self.cast(one.cast as string, one.input)
        } catch {
          // The mailbox is full.
        }
      })
      return []
    },
    'a lost monitor': (one) => (one.type === 'monitor-start' ? [] : [one]),
    'a monitor that tells twice': (one) => (one.type === 'monitor-start' ? [one, one] : [one]),
    'a monitor that can not be taken back': (one) => (one.type === 'monitor-end' ? [] : [one]),
    'news of an end that overtakes what was sent before': (one, { state, context, definition }) => {
      if (one.type !== 'monitor-start') return [one]
      const { actor } = one
      ;(actor as ActorRef).monitor((reason) => void definition.down?.run(state, { actor, reason }, context))
      return []
    },
    'a linked pair where one survives': (one) =>
      one.type === 'link-start' ? [effect.monitor(one.actor), effect.demonitor(one.actor)] : [one],
    'a link that is not undone': (one) => (one.type === 'link-end' ? [] : [one]),
  }
  for (const [name, meddle] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(actorContract(open(meddle)))).not.toEqual([])
    })
  }
})

describe('the outcome of a call', () => {
  const outcomes = ['reply', 'crash', 'timeout'] as const
  const settle = (message: Message, outcome: (typeof outcomes)[number]) =>
    outcome === 'reply' ? message.succeed(outcome) : message.fail(outcome)
  const handler: Handler = { name: 'ask', input: undefined, run: () => undefined, async: false, lasting: false }
  /** How often a call is answered when two outcomes meet. */
  const answers = (make: () => Message) =>
    outcomes.flatMap((first) =>
      outcomes.map((second) => {
        const told: unknown[] = []
        const message = make()
        message.resolve = (reply) => told.push(reply)
        message.reject = (thrown) => told.push(thrown)
        settle(message, first)
        settle(message, second)
        return told.join() === first
      }),
    )

  test('is the first one, whatever comes after', () => {
    expect(answers(() => new Message(handler, null))).not.toContain(false)
  })

  test('a call answered twice is noticed', () => {
    class Twice extends Message {
      override succeed(reply: unknown): void {
        this.done = false
        super.succeed(reply)
      }
    }
    expect(answers(() => new Twice(handler, null))).toContain(false)
  })
})
