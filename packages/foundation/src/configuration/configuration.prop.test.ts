import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { type MergeSettings, mergeSettings, type SettingLayer, withoutReplacedClusters } from './configuration.ts'
import {
  checkSetting,
  flatSettings,
  nestedSettings,
  type SettingKey,
  type Settings,
  settingDefaults,
  settingFromText,
  settingKeys,
} from './node-setting.ts'
import { variableOf } from './setting-variables.ts'

const order = ['default', 'profile', 'file', 'env', 'code'] as const
const someSettings = fc.dictionary(fc.constantFrom(...settingKeys), fc.nat({ max: 3 }), {
  maxKeys: 6,
}) as fc.Arbitrary<Settings>
const someLayers = fc
  .tuple(someSettings, someSettings, someSettings, someSettings, someSettings)
  .map((all) => all.map((one, i): SettingLayer => [order[i] as (typeof order)[number], one]))

/** The laws of a merge. */
function mergeLaws(merge: MergeSettings): readonly ContractCase[] {
  const law = (name: string, check: (layers: readonly SettingLayer[]) => void): ContractCase => ({
    name,
    run: async () => fc.assert(fc.property(someLayers, check), { seed: 7 }),
  })
  return [
    law('each value is that of the source it is said to be from', (layers) => {
      const { settings, sources } = merge(layers)
      for (const key of settingKeys.filter((one) => settings[one] !== undefined)) {
        const layer = layers.find(([source]) => source === sources[key])
        assert.equal(layer?.[1][key], settings[key])
      }
    }),
    law('no later source says anything about a key than the one it is from', (layers) => {
      const { sources } = merge(layers)
      for (const key of settingKeys) {
        const later = layers.slice(order.indexOf(sources[key]) + 1)
        assert.deepEqual(
          later.filter(([, settings]) => settings[key] !== undefined),
          [],
        )
      }
    }),
    law('a key has a value when some source has said one', (layers) => {
      const { settings } = merge(layers)
      for (const key of settingKeys) {
        const wasSaid = layers.some(([, one]) => one[key] !== undefined)
        assert.equal(settings[key] !== undefined, wasSaid)
      }
    }),
  ]
}

describe('mergeSettings', () => {
  for (const { name, run } of mergeLaws(mergeSettings)) test(name, run)

  test.each<[string, MergeSettings]>([
    ['the first source wins', (layers) => mergeSettings([...layers].reverse())],
    ['zero counts as not said', (layers) => mergeSettings(layers.map(([s, one]) => [s, withoutZeros(one)]))],
    [
      'the source of the first that spoke is told',
      (layers) => ({ ...mergeSettings(layers), sources: mergeSettings([...layers].reverse()).sources }),
    ],
    ['the environment is forgotten', (layers) => mergeSettings(layers.filter(([source]) => source !== 'env'))],
  ])('a merge where %s is caught', async (_, mutant) => {
    expect(await failingCases(mergeLaws(mutant))).not.toEqual([])
  })
})

const kinds = ['local', 'nats', 'dns'] as const
const someClusters = fc
  .array(
    fc.record({
      kind: fc.option(fc.constantFrom(...kinds)),
      servers: fc.option(fc.constant('a')),
      actorsMax: fc.nat(),
    }),
    {
      minLength: 3,
      maxLength: 3,
    },
  )
  .map((all) =>
    all.map(({ kind, servers, actorsMax }, i): SettingLayer => {
      const said = { ...(kind && { cluster: kind }), ...(servers && { 'cluster.servers': servers }), actorsMax }
      return [order[i + 2] as (typeof order)[number], said]
    }),
  )

/** The laws of a cluster of which several sources speak. */
function clusterLaws(without: typeof withoutReplacedClusters): readonly ContractCase[] {
  const law = (name: string, check: (layers: readonly SettingLayer[]) => void): ContractCase => ({
    name,
    run: async () => fc.assert(fc.property(someClusters, check), { seed: 7 }),
  })
  const kindOf = (layers: readonly SettingLayer[]) =>
    layers.findLast(([, one]) => one.cluster !== undefined)?.[1].cluster
  return [
    law('what was said for another kind of cluster is not left', (layers) => {
      for (const [, one] of without(layers)) {
        assert.ok(one.cluster === undefined || one.cluster === kindOf(layers))
      }
      const wrong = layers.filter(([, one]) => one.cluster !== undefined && one.cluster !== kindOf(layers))
      const left = without(layers).filter(([source]) => wrong.some(([other]) => other === source))
      assert.deepEqual(
        left.filter(([, one]) => one['cluster.servers'] !== undefined),
        [],
      )
    }),
    law('everything else is left as it was', (layers) => {
      const left = without(layers)
      assert.equal(kindOf(left), kindOf(layers))
      for (const [i, [source, one]] of layers.entries()) {
        assert.equal(left[i]?.[0], source)
        assert.equal(left[i]?.[1].actorsMax, one.actorsMax)
        if (one.cluster === undefined || one.cluster === kindOf(layers)) assert.deepEqual(left[i]?.[1], one)
      }
    }),
  ]
}

describe('withoutReplacedClusters', () => {
  for (const { name, run } of clusterLaws(withoutReplacedClusters)) test(name, run)

  test.each<[string, typeof withoutReplacedClusters]>([
    ['nothing is taken away', (layers) => layers],
    ['only the last source counts', (layers) => layers.map(([source, one], i) => [source, i === 2 ? one : {}])],
    ['the kind goes and its details stay', (layers) => layers.map(([s, { cluster: _, ...one }]) => [s, one])],
  ])('one where %s is caught', async (_, mutant) => {
    expect(await failingCases(clusterLaws(mutant))).not.toEqual([])
  })
})

function withoutZeros(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== 0))
}

/** Values around the bounds of all rules. */
const candidates = [
  -1,
  0,
  0.5,
  1,
  9,
  10,
  1_024,
  1_025,
  2 ** 20 - 1,
  2 ** 20,
  16 * 2 ** 20 - 1,
  16 * 2 ** 20,
  Infinity,
  NaN,
  '',
  'a',
  'block',
  true,
  null,
  [],
  {},
]

describe('settings', () => {
  test('what a node refuses is refused here, and what it takes is taken, for every option', async () => {
    for (const key of settingKeys.filter((one) => !one.startsWith('cluster'))) {
      for (const value of candidates) {
        // What is said of secrets says nothing without one.
        const besides = key === 'security.ageMaxMs' ? { 'security.secret': 'a'.repeat(32) } : {}
        const options = nestedSettings({ ...besides, [key]: value })
        const there = await outcome(async () => void (await (await startNode(options)).close()))
        const here = await outcome(async () => checkSetting(key, value, { source: 'x' }))
        expect(`${key} ${String(value)} ${here}`).toBe(`${key} ${String(value)} ${there}`)
      }
    }
  })

  test('flat and nested are the same settings', () => {
    const flat = settingDefaults()
    expect(flatSettings('x', nestedSettings(flat))).toEqual(flat)
  })

  test('every option has a variable of its own, which gives back what is written into it', () => {
    expect(new Set(settingKeys.map(variableOf)).size).toBe(settingKeys.length)
    expect(variableOf('threads.heapBytesMax')).toBe('MABEAM_THREADS__HEAP_BYTES_MAX')
    expect(variableOf('cluster')).toBe('MABEAM_CLUSTER')
    expect(settingFromText('cluster.servers', 'a, b')).toEqual(['a', 'b'])
    for (const [key, value] of Object.entries(settingDefaults())) {
      expect(settingFromText(key as SettingKey, String(value))).toEqual(value)
    }
  })
})

const outcome = (run: () => Promise<void>) =>
  run().then(
    () => 'taken',
    () => 'refused',
  )
