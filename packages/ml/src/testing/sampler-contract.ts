/** The laws of samplers, over any function that makes one: also how our tests show that they notice a broken one. */

import assert from 'node:assert/strict'
import { seededRandom } from '@mabeam/foundation'
import type { ContractCase } from '@mabeam/foundation/testing'
import type { Objective } from '../objective.ts'
import type { AskContext, Sampler } from '../sampler.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { bool, choice, float, int } from '../space/variable.ts'
import type { FinishedTrial, Trial } from '../trial.ts'

/** Makes a fresh sampler; called several times a case. */
export type MakeSampler = () => Sampler

/**
 * What every sampler must do. Spaces are small and histories short, so that the whole takes well under a second.
 *
 * @example for (const { name, run } of samplerContract(() => mySampler())) test(name, run)
 */
export function samplerContract(make: MakeSampler): readonly ContractCase[] {
  const law = (name: string, check: (make: MakeSampler) => void): ContractCase => ({
    name,
    run: async () => check(make),
  })
  return [
    law('it has a name', (make) => assert.ok(make().name.length > 0)),
    law('every ask is a valid configuration, of every kind of variable', asksValid),
    law('every ask satisfies the constraints, also where few configurations do', asksUnderConstraints),
    law('every ask has a value for each active variable of a conditional space and for no other', asksConditionally),
    law('a finite space is not asked twice while unseen configurations remain, and goes on after', asksUnseen),
    law('pending configurations of a finite space count as seen', sparesPending),
    law('the same context gives the same ask, whatever the sampler was asked before', asksPurely),
    law('another study, with another seed and random stream, gives other asks', usesItsRandom),
    law('maximising a value is minimising its negative', mirrorsDirection),
    law('several objectives, failed trials and pending trials are taken', takesAnyHistory),
    law('what it is given stays as it is', leavesContext),
    law(
      'what it says of itself is one line, the same each time, and changes no ask; it may say nothing',
      explainsPurely,
    ),
  ]
}

const loss: Objective = { name: 'loss', direction: 'minimise' }
/** The same in every ask, as in a study; what a sampler remembers belongs to them. */
const lossAlone: readonly Objective[] = [loss]

const mixed = space({
  rate: float({ min: 1e-4, max: 1, log: true }),
  share: float({ min: -1, max: 1 }),
  tenth: float({ min: 0, max: 1, step: 0.1 }),
  depth: int({ min: 1, max: 12 }),
  width: int({ min: 1, max: 512, log: true }),
  even: int({ min: 0, max: 100, step: 2 }),
  fixed: float({ min: 2, max: 2 }),
  fast: bool(),
  model: choice(['nano', 'small', 'base']),
})

const small = space({ a: int({ min: 0, max: 3 }), b: bool(), c: choice(['x', 'y', 'z']) })

const narrow = space(
  { a: int({ min: 0, max: 40 }), b: int({ min: 0, max: 40 }), x: float({ min: 0, max: 1 }) },
  { constraints: [{ name: 'near', test: (c) => Math.abs(c.a - c.b) <= 1 }] },
) as unknown as Space

const listed = space(
  { a: int({ min: 0, max: 40, default: 0 }), b: int({ min: 0, max: 40, default: 0 }) },
  { constraints: [{ name: 'diagonal', test: (c) => c.a === c.b && c.a % 8 === 0 }] },
) as unknown as Space

const conditional = space({
  kind: choice(['none', 'tree', 'net']),
  rate: float({ min: 1e-4, max: 1, log: true }),
  depth: int({ min: 1, max: 8, when: { kind: ['tree'] } }),
  leaf: float({ min: 0, max: 1, when: { kind: ['tree'] } }),
  layers: int({ min: 1, max: 3, when: { kind: ['net'] } }),
  first: int({ min: 8, max: 512, log: true, when: { layers: [1, 2, 3] } }),
  second: int({ min: 8, max: 512, log: true, when: { layers: [2, 3] } }),
  drop: bool({ when: { kind: ['net'] } }),
  share: float({ min: 0, max: 0.9, when: { drop: [true], layers: [2, 3] } }),
}) as unknown as Space

/** 2 + 3 + 3 · 2 configurations, of which a constraint refuses one. */
const conditionalListed = space(
  {
    kind: choice(['none', 'tree', 'net']),
    depth: int({ min: 1, max: 3, when: { kind: ['tree'] } }),
    wide: bool({ when: { kind: ['none', 'net'] } }),
    layers: int({ min: 1, max: 3, when: { kind: ['net'] } }),
  },
  { constraints: [{ name: 'no wide net of three layers', test: (c) => !(c.layers === 3 && c.wide) }] },
) as unknown as Space

/** A value that depends on every variable. */
function measured({ dimensions }: Space, config: Config): number {
  return dimensions.reduce((sum, one, d) => {
    if (config[one.name] === undefined) return sum
    const place =
      one.kind === 'continuous' ? one.coordinate(config[one.name] as never) : one.indexOf(config[one.name] as never)
    return sum + Math.abs(place - d / 3)
  }, 0)
}

interface Situation {
  readonly space: Space
  readonly objectives?: readonly Objective[]
  readonly finished?: readonly FinishedTrial[]
  readonly pending?: readonly Trial[]
  /** Of the ask. */
  readonly seed: number | string
  /** Of the study. */
  readonly studySeed?: number
}

function context(situation: Situation): AskContext {
  const { space, objectives = lossAlone, finished = [], pending = [], seed, studySeed = 0 } = situation
  return { space, objectives, finished, pending, random: seededRandom(seed), seed: studySeed }
}

function complete(number: number, config: Config, values: FinishedTrial['values']): FinishedTrial {
  return { number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 }
}

/** Asks and tells `count` times and returns the configurations. */
function asked(sampler: Sampler, space: Space, count: number): Config[] {
  const finished: FinishedTrial[] = []
  for (let number = 0; number < count; number++) {
    const config = sampler.ask(context({ space, finished, seed: number }))
    finished.push(complete(number, config, { loss: measured(space, config) }))
  }
  return finished.map(({ config }) => config)
}

function asksValid(make: MakeSampler): void {
  for (const config of asked(make(), mixed as unknown as Space, 60)) {
    assert.deepEqual(mixed.validate(config), config)
  }
}

function asksUnderConstraints(make: MakeSampler): void {
  for (const one of [narrow, listed]) {
    for (const config of asked(make(), one, 40)) assert.deepEqual(one.validate(config), config)
  }
}

function asksConditionally(make: MakeSampler): void {
  const kinds = new Set<unknown>()
  for (const config of asked(make(), conditional, 60)) {
    assert.deepEqual(conditional.validate(config), config)
    assert.deepEqual(Object.keys(config).sort(), conditional.activeIn(config).sort())
    kinds.add(config.kind)
  }
  assert.ok(kinds.size > 1)
}

function asksUnseen(make: MakeSampler): void {
  for (const one of [small as unknown as Space, listed, conditionalListed]) {
    const configs = asked(make(), one, one.cardinality + 3)
    const keys = configs.map((config) => JSON.stringify(config))
    assert.equal(new Set(keys.slice(0, one.cardinality)).size, one.cardinality)
  }
}

function sparesPending(make: MakeSampler): void {
  const sampler = make()
  const finished: FinishedTrial[] = []
  const pending: Trial[] = []
  const keys = new Set<string>()
  for (let number = 0; number < small.cardinality; number++) {
    const config = sampler.ask(
      context({ space: small as unknown as Space, finished, pending: [...pending], seed: number }),
    )
    keys.add(JSON.stringify(config))
    pending.push({ number, config, seed: 0 })
    const oldest = pending.length > 8 ? pending.shift() : undefined
    if (oldest) finished.push(complete(oldest.number, oldest.config, { loss: oldest.number % 5 }))
  }
  assert.equal(keys.size, small.cardinality)
}

function history(space: Space, count: number): FinishedTrial[] {
  const random = seededRandom('history')
  return Array.from({ length: count }, (_, number) => {
    const config = space.sample(random)
    return complete(number, config, {
      loss: measured(space, config),
      cost: (number * 7) % 11,
      gain: -measured(space, config),
    })
  })
}

function asksPurely(make: MakeSampler): void {
  const space = mixed as unknown as Space
  const finished = history(space, 40)
  const used = make()
  asked(used, small as unknown as Space, 5)
  const growing: FinishedTrial[] = []
  for (const trial of finished) {
    growing.push(trial)
    used.ask(context({ space, finished: growing, seed: 'other' }))
  }
  for (const seed of [1, 2, 3]) {
    const expected = make().ask(context({ space, finished, seed }))
    assert.deepEqual(used.ask(context({ space, finished: growing, seed })), expected)
    assert.deepEqual(used.ask(context({ space, finished: [...finished], seed })), expected)
  }
}

function explainsPurely(make: MakeSampler): void {
  const space = mixed as unknown as Space
  for (const count of [0, 12]) {
    const given = () => context({ space, finished: history(space, count), seed: 4 })
    const [sampler, silent] = [make(), make()]
    if (!sampler.explain) return
    const said = sampler.explain(given())
    assert.match(said, /^\S.*\S$/)
    assert.equal(sampler.explain(given()), said)
    assert.deepEqual(sampler.ask(given()), silent.ask(given()))
  }
}

function usesItsRandom(make: MakeSampler): void {
  const space = mixed as unknown as Space
  // Without a history: with one, a sampler may find the same best configuration by any stream.
  const asks = [1, 2, 3, 4].map((seed) => JSON.stringify(make().ask(context({ space, seed, studySeed: seed }))))
  assert.ok(new Set(asks).size > 1)
}

function mirrorsDirection(make: MakeSampler): void {
  const space = mixed as unknown as Space
  const finished = history(space, 40)
  const up = context({ space, finished, objectives: [{ name: 'gain', direction: 'maximise' }], seed: 5 })
  assert.deepEqual(make().ask(up), make().ask(context({ space, finished, seed: 5 })))
}

function takesAnyHistory(make: MakeSampler): void {
  for (const one of [mixed as unknown as Space, conditional]) takesHistoryOf(make, one)
}

function takesHistoryOf(make: MakeSampler, space: Space): void {
  const objectives: Objective[] = [
    loss,
    { name: 'cost', direction: 'minimise' },
    { name: 'gain', direction: 'maximise' },
  ]
  const told = history(space, 60)
  const failed = (trial: FinishedTrial): FinishedTrial => ({ ...trial, state: 'failed', values: {} })
  const finished = told.map((trial) => (trial.number % 4 === 0 ? failed(trial) : trial))
  const pending = told.slice(0, 3).map(({ config, seed }, i) => ({ number: 60 + i, config, seed }))
  for (const some of [objectives.slice(0, 1), objectives.slice(0, 2), objectives]) {
    const config = make().ask(context({ space, finished, pending, objectives: some, seed: 1 }))
    assert.deepEqual(space.validate(config), config)
  }
  const allFailed = make().ask(context({ space, finished: told.map(failed), seed: 1 }))
  assert.deepEqual(space.validate(allFailed), allFailed)
}

function leavesContext(make: MakeSampler): void {
  const space = mixed as unknown as Space
  const finished = history(space, 30)
  const pending: Trial[] = [{ number: 30, config: space.sample(seededRandom(9)), seed: 0 }]
  const before = JSON.stringify([finished, pending])
  make().ask(context({ space, finished, pending, seed: 1 }))
  assert.equal(JSON.stringify([finished, pending]), before)
}
