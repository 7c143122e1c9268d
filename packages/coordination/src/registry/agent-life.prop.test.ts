import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AgentLifeEvent, type AgentLifeStep, agentLifeStep, isOver, newAgentLife } from './agent-life.ts'

type Event = AgentLifeEvent extends infer E ? (E extends unknown ? Omit<E, 'atMs'> : never) : never

const exits = fc.constantFrom(
  { type: 'normal' } as const,
  { type: 'shutdown' } as const,
  { type: 'killed' } as const,
  { type: 'gave-up', cause: 'restart-intensity' } as const,
)
const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.oneof(
    fc.constantFrom({ type: 'start-asked' } as const, { type: 'stop-asked' } as const, { type: 'stopped' } as const),
    fc.constant({ type: 'up' } as const),
    fc.constant({ type: 'start-failed', because: 'no' } as const),
    fc.record({ type: fc.constantFrom('down' as const, 'gone' as const), reason: exits }),
  ),
  { maxLength: 40 },
)
const historyMax = 5

/** What others would find, and what was told, after these events; what was broken, if anything. */
function brokenBy(step: AgentLifeStep, given: readonly Event[]): string | undefined {
  let life = newAgentLife(0, historyMax)
  let isPublished = false
  let entries = 1
  let atMs = 0
  for (const event of given) {
    const before = life
    atMs += 10
    const [next, commands] = step(life, { ...event, atMs } as AgentLifeEvent)
    life = next
    const told = commands.filter((one) => one.type === 'tell').map((one) => one.event)
    for (const command of commands) {
      if (command.type === 'publish') isPublished = true
      if (command.type === 'withdraw') isPublished = false
      if (command.type === 'withdraw' && command.forGood === (life.status === 'restarting'))
        return 'its name is kept wrongly'
    }
    if (isPublished !== (life.status === 'running')) return 'found while it does not run, or the other way round'
    if (life.history.length > historyMax) return 'an endless history'
    entries = life.history.length + life.historyDropped
    if (life.history.at(-1)?.event === undefined || entries < 1) return 'no history'
    if (life.starts + life.restarts < before.starts + before.restarts) return 'counts that shrink'
    if (told.includes('started') !== life.starts > before.starts) return 'a start that is not told, or not counted'
    if (told.includes('restarted') !== life.restarts > before.restarts) return 'a restart that is not told'
    if (isOver(before.status) && event.type !== 'start-asked' && life !== before) return 'what is over goes on'
    if (life.status !== before.status && life.sinceMs !== atMs) return 'a status without its time'
    if (isOver(life.status) !== isOver(before.status) && !isOver(before.status) && told.length !== 1)
      return 'an end not told'
  }
  return undefined
}

/** What a step breaks in the first of 1,000 lives in which it breaks something. */
function firstBroken(step: AgentLifeStep): string | undefined {
  let broken: string | undefined
  const property = fc.property(events, (given) => {
    broken ??= brokenBy(step, given)
  })
  fc.assert(property, { seed: 31, numRuns: 1_000 })
  return broken
}

describe('agentLifeStep', () => {
  test('an agent is found exactly while it runs, and each start, restart and end is counted and told once', () => {
    expect(firstBroken(agentLifeStep)).toBeUndefined()
  })

  const mutants: { readonly [bug: string]: AgentLifeStep } = {
    'is found while it restarts': (life, event) => {
      const [next, commands] = agentLifeStep(life, event)
      return [next, event.type === 'down' ? [] : commands]
    },
    'is not found again after a restart': (life, event) => {
      const [next, commands] = agentLifeStep(life, event)
      return [next, life.status === 'restarting' ? commands.filter((one) => one.type !== 'publish') : commands]
    },
    'comes back after it was stopped': (life, event) =>
      agentLifeStep(life.status === 'stopped' && event.type === 'up' ? { ...life, status: 'restarting' } : life, event),
    'gives its name back when it restarts': (life, event) => {
      const [next, commands] = agentLifeStep(life, event)
      return [next, commands.map((one) => (one.type === 'withdraw' ? { ...one, forGood: true } : one))]
    },
    'counts a restart as a start': (life, event) => {
      const [next, commands] = agentLifeStep(life, event)
      return [{ ...next, starts: next.starts + next.restarts - life.restarts, restarts: life.restarts }, commands]
    },
    'remembers everything': (life, event) => agentLifeStep({ ...life, historyMax: 1_000 }, event),
    'does not say that it failed': (life, event) => {
      const [next, commands] = agentLifeStep(life, event)
      return [next, commands.filter((one) => !(one.type === 'tell' && one.event === 'failed'))]
    },
    'keeps the time of the status before': (life, event) => {
      const [next, commands] = agentLifeStep(life, event)
      return [{ ...next, sinceMs: life.sinceMs }, commands]
    },
  }
  for (const [bug, mutant] of Object.entries(mutants)) {
    test(`the law finds one that ${bug}`, () => {
      expect(firstBroken(mutant)).toBeTypeOf('string')
    })
  }
})
