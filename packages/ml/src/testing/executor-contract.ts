/** The laws of executors, over any function that makes one around an objective. */

import assert from 'node:assert/strict'
import { isMabeamError, MabeamError } from '@mabeam/foundation'
import type { ContractCase } from '@mabeam/foundation/testing'
import type { Executor, ObjectiveFunction } from '../executor.ts'

/** Makes an executor that measures with this objective, and has at least one slot. */
export type MakeExecutor = (objective: ObjectiveFunction) => Executor | Promise<Executor>

/** @example for (const { name, run } of executorContract((objective) => inlineExecutor(objective))) test(name, run) */
export function executorContract(make: MakeExecutor): readonly ContractCase[] {
  const law = (name: string, check: (make: MakeExecutor) => Promise<void>): ContractCase => ({
    name,
    run: () => check(make),
  })
  return [
    law('it measures with the configuration and the seed of the trial', measures),
    law('what the objective reports comes through, and the decision comes back', reports),
    law('an error keeps its code and whether it is retryable', keepsErrors),
    law('it rejects with the reason once the signal aborts, also while the objective is deaf to it', aborts),
    law('it takes as many trials at once as it has slots', fillsSlots),
    law('a failed trial harms no other', survivesFailure),
  ]
}

const report = () => ({ prune: false, because: 'nothing is pruned' })

const trial = { number: 4, config: { x: 2, name: 'a' }, seed: 77 }

async function measures(make: MakeExecutor): Promise<void> {
  const executor = await make(({ config, seed }) => ({
    values: { sum: (config.x as number) + seed },
    attributes: { name: config.name as string },
  }))
  const outcome = await executor.run(trial, new AbortController().signal, report)
  assert.deepEqual(outcome, { values: { sum: 79 }, attributes: { name: 'a' } })
}

async function reports(make: MakeExecutor): Promise<void> {
  const executor = await make((_, __, report) => {
    const decision = report(3, 0.5)
    return { values: { pruned: Number(decision.prune) }, attributes: decision.because }
  })
  const said: unknown[] = []
  const outcome = await executor.run(trial, new AbortController().signal, (step, value) => {
    said.push([step, value])
    return { prune: true, because: 'so' }
  })
  assert.deepEqual(said, [[3, 0.5]])
  assert.deepEqual(outcome, { values: { pruned: 1 }, attributes: 'so' })
}

async function keepsErrors(make: MakeExecutor): Promise<void> {
  const executor = await make(() => {
    throw new MabeamError('test/busy', 'busy', { retryable: true })
  })
  await assert.rejects(executor.run(trial, new AbortController().signal, report), (thrown) => {
    assert.ok(isMabeamError(thrown))
    return thrown.code === 'test/busy' && thrown.retryable
  })
}

async function aborts(make: MakeExecutor): Promise<void> {
  const started = Promise.withResolvers<void>()
  const executor = await make(() => {
    started.resolve()
    return new Promise(() => {})
  })
  const controller = new AbortController()
  const reason = new Error('enough')
  const running = executor.run(trial, controller.signal, report)
  await started.promise
  controller.abort(reason)
  await assert.rejects(running, reason)
}

async function fillsSlots(make: MakeExecutor): Promise<void> {
  let running = 0
  const full = Promise.withResolvers<void>()
  const slots: { count: number } = { count: Number.POSITIVE_INFINITY }
  const executor = await make(async () => {
    running++
    if (running === slots.count) full.resolve()
    await full.promise
    return { values: { running } }
  })
  assert.ok(Number.isSafeInteger(executor.slots) && executor.slots >= 1)
  slots.count = executor.slots
  const { signal } = new AbortController()
  const runs = Array.from({ length: executor.slots }, (_, number) => executor.run({ ...trial, number }, signal, report))
  for (const outcome of await Promise.all(runs)) assert.equal(outcome.values.running, executor.slots)
}

async function survivesFailure(make: MakeExecutor): Promise<void> {
  const executor = await make(({ number }) => {
    if (number === 0) throw new Error('no')
    return { values: { number } }
  })
  const { signal } = new AbortController()
  await assert.rejects(executor.run({ ...trial, number: 0 }, signal, report), /no/)
  assert.deepEqual((await executor.run({ ...trial, number: 1 }, signal, report)).values, { number: 1 })
}
