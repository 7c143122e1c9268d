/** The laws of pruners, over any function that makes one: what is ahead goes on, what is hopeless ends, and nothing else counts. */

import assert from 'node:assert/strict'
import { type Random, seededRandom } from '@mabeam/foundation'
import type { ContractCase } from '@mabeam/foundation/testing'
import type { PruneContext, PruneDecision, Pruner, Report, ReportedTrial } from '../pruner.ts'

/** Makes a fresh pruner; called several times a case. It is shown trials of up to 81 steps. */
export type MakePruner = () => Pruner

/** @example for (const { name, run } of prunerContract(() => medianPruner())) test(name, run) */
export function prunerContract(make: MakePruner): readonly ContractCase[] {
  const law = (name: string, check: (make: MakePruner) => void): ContractCase => ({
    name,
    run: async () => check(make),
  })
  return [
    law('it has a name', (make) => assert.ok(make().name.length > 0)),
    law('every decision says why', saysWhy),
    law('without another trial that reported, or with failed ones only, a trial goes on', goesOnAlone),
    law('a trial that is ahead of all others at each of its steps is never pruned', sparesLeader),
    law('a trial that is far behind many others at every step is pruned in the end', prunesHopeless),
    law('trials that are all equal go on', sparesEquals),
    law('the same arguments give the same decision, whatever it decided before', decidesPurely),
    law('maximising a value is minimising its negative', mirrorsDirection),
    law('what it is given stays as it is', leavesArguments),
  ]
}

const loss = { name: 'loss', direction: 'minimise' } as const
const gain = { name: 'loss', direction: 'maximise' } as const
const stepsMax = 81

interface Situation {
  readonly reports: readonly Report[]
  readonly context: PruneContext
}

/** Steps with gaps, ascending. */
function stepsOf(random: Random): number[] {
  const count = 1 + random.int(stepsMax)
  const all = Array.from({ length: stepsMax }, (_, i) => i + 1)
  return random
    .shuffle(all)
    .slice(0, count)
    .sort((a, b) => a - b)
}

function otherTrials(random: Random, count: number, level: () => number): ReportedTrial[] {
  const states = ['complete', 'complete', 'complete', 'pruned', 'pending', 'failed'] as const
  return Array.from({ length: count }, (_, number) => {
    const state = states[random.int(states.length)] as (typeof states)[number]
    const center = level()
    const reports = stepsOf(random).map((step) => ({ step, value: center + 0.2 * random.normal() }))
    const mean = reports.reduce((sum, { value }) => sum + value, 0) / reports.length
    return { number, state, value: state === 'complete' ? mean : undefined, reports }
  })
}

function situation(seed: number, center: number): Situation {
  const random = seededRandom(seed)
  const others = otherTrials(random, random.int(20), () => random.normal())
  const reports = stepsOf(random).map((step) => ({ step, value: center + random.normal() }))
  return { reports, context: { trial: others.length, objective: loss, others } }
}

/** The decisions after each report, as a study asks for them. */
function decisions(pruner: Pruner, { reports, context }: Situation): PruneDecision[] {
  return reports.map((_, i) => pruner.decide(reports.slice(0, i + 1), context))
}

function saysWhy(make: MakePruner): void {
  const pruner = make()
  for (let seed = 0; seed < 10; seed++) {
    for (const { prune, because } of decisions(pruner, situation(seed, seed % 3))) {
      assert.equal(typeof prune, 'boolean')
      assert.ok(because.length > 0)
    }
  }
}

function goesOnAlone(make: MakePruner): void {
  for (let seed = 0; seed < 10; seed++) {
    const { reports, context } = situation(seed, 100)
    const failed = context.others.map((one) => ({ ...one, state: 'failed' as const, value: undefined }))
    for (const others of [[], failed]) {
      for (const { prune } of decisions(make(), { reports, context: { ...context, others } }))
        assert.equal(prune, false)
    }
  }
}

function sparesLeader(make: MakePruner): void {
  for (let seed = 0; seed < 25; seed++) {
    const { reports, context } = situation(seed, 0)
    const least = (step: number) => Math.min(0, ...context.others.flatMap(({ reports }) => before(reports, step)))
    const leading = reports.map(({ step }) => ({ step, value: least(step) - 0.01 }))
    for (const { prune } of decisions(make(), { reports: leading, context })) assert.equal(prune, false)
  }
}

/** Values up to the first step that is not below `step`. */
function before(reports: readonly Report[], step: number): number[] {
  const end = reports.findIndex((one) => one.step >= step)
  return reports.slice(0, end < 0 ? reports.length : end + 1).map(({ value }) => value)
}

function prunesHopeless(make: MakePruner): void {
  const steps = Array.from({ length: stepsMax }, (_, i) => i + 1)
  const others = Array.from({ length: 55 }, (_, number): ReportedTrial => {
    const reports = steps.map((step) => ({ step, value: number / 100 + step / 1000 }))
    return { number, state: 'complete', value: number / 100, reports }
  })
  const reports = steps.map((step) => ({ step, value: 10 + step / 999 }))
  for (const trial of [60, 61, 62]) {
    const all = decisions(make(), { reports, context: { trial, objective: loss, others } })
    assert.ok(all.some(({ prune }) => prune))
  }
}

function sparesEquals(make: MakePruner): void {
  const reports = Array.from({ length: stepsMax }, (_, step) => ({ step, value: 0.5 }))
  const others = Array.from({ length: 40 }, (_, number) => ({
    number,
    state: 'complete' as const,
    value: 0.5,
    reports,
  }))
  for (const { prune } of decisions(make(), { reports, context: { trial: 40, objective: loss, others } })) {
    assert.equal(prune, false)
  }
}

function decidesPurely(make: MakePruner): void {
  const used = make()
  for (let seed = 0; seed < 10; seed++) decisions(used, situation(seed, 1))
  for (let seed = 20; seed < 30; seed++) {
    const one = situation(seed, 1)
    const expected = decisions(make(), one)
    assert.deepEqual(decisions(used, one), expected)
    assert.deepEqual(decisions(used, one), expected)
  }
}

function mirrorsDirection(make: MakePruner): void {
  const negative = (reports: readonly Report[]) => reports.map(({ step, value }) => ({ step, value: -value }))
  for (let seed = 0; seed < 15; seed++) {
    const { reports, context } = situation(seed, 0.5)
    const others = context.others.map((one) => ({
      ...one,
      value: one.value === undefined ? undefined : -one.value,
      reports: negative(one.reports),
    }))
    const mirrored = { reports: negative(reports), context: { ...context, objective: gain, others } }
    assert.deepEqual(
      decisions(make(), mirrored).map(({ prune }) => prune),
      decisions(make(), { reports, context }).map(({ prune }) => prune),
    )
  }
}

function leavesArguments(make: MakePruner): void {
  const one = situation(7, 2)
  const before = JSON.stringify(one)
  decisions(make(), one)
  assert.equal(JSON.stringify(one), before)
}
