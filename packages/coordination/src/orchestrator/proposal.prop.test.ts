import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOver } from '../registry/agent-life.ts'
import { sumOf } from '../registry/registry-resources.ts'
import type { DirectiveAgent, DirectiveOutcome, Situation } from './directive.ts'
import { allocation } from './kinds/resource-allocation.ts'
import { changesOf, proposedBy, violationsOf } from './proposal.ts'

const ids = ['a', 'b', 'c', 'd']

const situations: fc.Arbitrary<Situation> = fc
  .record({
    agents: fc.array(
      fc.record({
        status: fc.constantFrom('registered', 'running', 'stopped', 'failed', 'starting') as fc.Arbitrary<
          DirectiveAgent['status']
        >,
        cpu: fc.integer({ min: 0, max: 4 }),
        gpu: fc.integer({ min: 0, max: 2 }),
      }),
      { minLength: 4, maxLength: 4 },
    ),
    others: fc.record({ cpu: fc.integer({ min: 0, max: 6 }) }),
    capacity: fc.record({ cpu: fc.integer({ min: 0, max: 12 }), gpu: fc.integer({ min: 0, max: 4 }) }),
  })
  .map(({ agents, others, capacity }) => {
    const all = agents.map(({ status, cpu, gpu }, i): DirectiveAgent => {
      const id = ids[i] as string
      return { id, type: 'agent', capabilities: [], resources: { cpu, gpu }, status, health: 'healthy' }
    })
    const used = sumOf([others, ...all.filter(({ status }) => !isOver(status)).map(({ resources }) => resources)])
    return {
      directive: 'd',
      atMs: 0,
      agents: all,
      resources: { capacity, used },
      values: { level: 0, other: 'x' },
      metrics: {},
      given: undefined,
      history: [],
    }
  })

const outcomes: fc.Arbitrary<DirectiveOutcome> = fc.record({
  start: fc.subarray([...ids, 'zed']),
  stop: fc.subarray([...ids, 'zed']),
  set: fc.dictionary(fc.constantFrom('level', 'other', 'nope'), fc.nat(1)),
})

/** The system after the changes were carried out, worked out another way. */
function after(situation: Situation, outcome: DirectiveOutcome) {
  const running = new Set(situation.agents.filter(({ status }) => !isOver(status)).map(({ id }) => id))
  const values: { [parameter: string]: unknown } = { ...situation.values }
  for (const change of changesOf(outcome, situation)) {
    if (change.type === 'start') running.add(change.id)
    if (change.type === 'stop') running.delete(change.id)
    if (change.type === 'set') values[change.parameter] = change.value
  }
  return { running: [...running].sort(), values }
}

describe('an outcome', () => {
  test('that no constraint refuses leads to what was proposed, within capacity', () => {
    const property = fc.property(situations, outcomes, (situation, outcome) => {
      const proposed = proposedBy(outcome, situation)
      if (violationsOf(proposed, []).length > 0) return
      const end = after(situation, outcome)
      expect([...proposed.running].sort()).toEqual(end.running)
      expect(proposed.values).toEqual(end.values)
      const agents = situation.agents.filter(({ id }) => end.running.includes(id))
      const before = situation.agents.filter(({ status }) => !isOver(status))
      for (const [name, most] of Object.entries(situation.resources.capacity)) {
        const sum = (all: readonly DirectiveAgent[]) =>
          all.reduce((total, one) => total + (one.resources[name] ?? 0), 0)
        const others = (situation.resources.used[name] ?? 0) - sum(before)
        expect(proposed.resources.used[name] ?? 0).toBe(others + sum(agents))
        if (sum(agents) > sum(before)) expect(others + sum(agents)).toBeLessThanOrEqual(most)
      }
    })
    fc.assert(property, { seed: 11, numRuns: 500 })
  })

  test('is refused by a predicate exactly where it does not say true', () => {
    const answers: fc.Arbitrary<unknown> = fc.constantFrom(true, false, 'no', undefined, null, 1, Number.NaN, {})
    const property = fc.property(situations, outcomes, answers, (situation, outcome, answer) => {
      const proposed = proposedBy(outcome, situation)
      const without = violationsOf(proposed, [])
      const withIt = violationsOf(proposed, [{ name: 'mine', holds: () => answer as boolean }])
      const isAsked = changesOf(outcome, situation).length > 0
      expect(withIt.length - without.length).toBe(isAsked && answer !== true ? 1 : 0)
    })
    fc.assert(property, { seed: 12, numRuns: 300 })
  })

  test("of agents or parameters that are not the directive's, or that contradicts itself, is always refused", () => {
    const property = fc.property(situations, outcomes, (situation, outcome) => {
      const { start = [], stop = [], set = {} } = outcome
      const names = violationsOf(proposedBy(outcome, situation), []).map(({ constraint }) => constraint)
      expect(names.includes('own-agents')).toBe(start.includes('zed') || stop.includes('zed'))
      expect(names.includes('own-parameters')).toBe('nope' in set)
      expect(names.includes('start-or-stop')).toBe(start.some((id) => stop.includes(id)))
    })
    fc.assert(property, { seed: 13, numRuns: 300 })
  })

  test('carried out twice changes nothing the second time', () => {
    const property = fc.property(situations, outcomes, (situation, outcome) => {
      const proposed = proposedBy(outcome, situation)
      if (violationsOf(proposed, []).length > 0) return
      const agents = situation.agents.map((one): DirectiveAgent => {
        const runs = proposed.running.includes(one.id)
        return runs === !isOver(one.status) ? one : { ...one, status: runs ? 'running' : 'stopped' }
      })
      expect(changesOf(outcome, { agents, values: proposed.values })).toEqual([])
    })
    fc.assert(property, { seed: 14, numRuns: 300 })
  })
})

type Judge = typeof violationsOf

/** What a judge of outcomes lets pass, or refuses, wrongly; in the first of 500 cases in which it does. */
function firstWrong(judge: Judge): string | undefined {
  let wrong: string | undefined
  const answers: fc.Arbitrary<unknown> = fc.constantFrom(true, false, 'no', 1, {})
  const property = fc.property(situations, outcomes, answers, (situation, outcome, answer) => {
    wrong ??= wrongBy(judge, { situation, outcome, answer })
  })
  fc.assert(property, { seed: 16, numRuns: 500 })
  return wrong
}

function wrongBy(
  judge: Judge,
  { situation, outcome, answer }: { situation: Situation; outcome: DirectiveOutcome; answer: unknown },
): string | undefined {
  const { start = [], stop = [], set = {} } = outcome
  const known = situation.agents.map(({ id }) => id)
  const after = situation.agents.filter(({ id, status }) => (isOver(status) ? start.includes(id) : !stop.includes(id)))
  const before = situation.agents.filter(({ status }) => !isOver(status))
  const isOverfull = Object.entries(situation.resources.capacity).some(([name, most]) => {
    const sum = (all: readonly DirectiveAgent[]) => all.reduce((total, one) => total + (one.resources[name] ?? 0), 0)
    const used = situation.resources.used[name] ?? 0
    return sum(after) > sum(before) && used - sum(before) + sum(after) > most
  })
  const expected = [
    ...([...start, ...stop].some((id) => !known.includes(id)) ? ['own-agents'] : []),
    ...(start.some((id) => stop.includes(id)) ? ['start-or-stop'] : []),
    ...(Object.keys(set).some((name) => !(name in situation.values)) ? ['own-parameters'] : []),
    ...(isOverfull ? ['resources'] : []),
    ...(changesOf(outcome, situation).length > 0 && answer !== true ? ['mine'] : []),
  ]
  const got = judge(proposedBy(outcome, situation), [{ name: 'mine', holds: () => answer as boolean }])
  const names = got.map(({ constraint }) => constraint)
  return String(names) === String(expected) ? undefined : `expected ${expected}, got ${names}`
}

describe('violationsOf', () => {
  test('names exactly the constraints that would not hold', () => {
    expect(firstWrong(violationsOf)).toBeUndefined()
  })

  const without =
    (name: string): Judge =>
    (proposed, own) =>
      violationsOf(proposed, own).filter(({ constraint }) => constraint !== name)
  const mutants: { readonly [bug: string]: Judge } = {
    'lets foreign agents pass': without('own-agents'),
    'lets contradictions pass': without('start-or-stop'),
    'lets foreign parameters pass': without('own-parameters'),
    'lets more run than there is room for': without('resources'),
    'takes whatever is not false for true': (proposed, own) =>
      violationsOf(
        proposed,
        own.map(({ name, holds }) => ({ name, holds: (given) => Boolean(holds(given)) })),
      ),
    'forgets what others use': (proposed, own) => {
      const used = sumOf(proposed.situation.agents.map(({ resources }) => resources))
      return violationsOf({ ...proposed, resources: { ...proposed.resources, used } }, own)
    },
    'asks nobody else': (proposed) => violationsOf(proposed, []),
    'stops at the first': (proposed, own) => violationsOf(proposed, own).slice(0, 1),
  }
  for (const [bug, mutant] of Object.entries(mutants)) {
    test(`the law finds one that ${bug}`, () => {
      expect(firstWrong(mutant)).toBeTypeOf('string')
    })
  }
})

describe('allocation', () => {
  test('parts of units that are all there fit, whatever their sum is rounded by', () => {
    const agents = Array.from({ length: 4 }, (_, at): DirectiveAgent => {
      const traits = { type: 'a', capabilities: [], health: 'healthy', status: 'stopped' } as const
      return { ...traits, id: `a${at}`, resources: { cpu: 0.1 } }
    })
    const resources = { capacity: { cpu: 0.3 }, used: {} }
    const outcome = allocation({ agents, resources }, 4)
    expect(outcome).toEqual({ start: ['a0', 'a1', 'a2'] })
    const situation = {
      directive: 'd',
      atMs: 0,
      agents,
      resources,
      values: {},
      metrics: {},
      given: undefined,
      history: [],
    }
    expect(violationsOf(proposedBy(outcome, situation), [])).toEqual([])
    expect(violationsOf(proposedBy({ start: agents.map(({ id }) => id) }, situation), [])).toMatchObject([
      { constraint: 'resources' },
    ])
  })

  test('is never refused for what it needs, and comes as near to what is wanted as there is room', () => {
    const property = fc.property(situations, fc.integer({ min: -1, max: 6 }), (situation, count) => {
      const outcome = allocation(situation, count)
      const proposed = proposedBy(outcome, situation)
      expect(violationsOf(proposed, [])).toEqual([])
      const before = situation.agents.filter(({ status }) => !isOver(status)).length
      if (before >= count) expect(proposed.running).toHaveLength(Math.max(0, count))
      else {
        expect(proposed.running.length).toBeLessThanOrEqual(Math.max(count, 0))
        if (proposed.running.length === count) return
        // Nobody who rests would still fit.
        for (const one of situation.agents.filter(({ id }) => !proposed.running.includes(id))) {
          const more = allocation({ agents: [{ ...one, status: 'stopped' }], resources: proposed.resources }, 1)
          expect(more.start).toEqual([])
        }
      }
    })
    fc.assert(property, { seed: 15, numRuns: 500 })
  })
})
