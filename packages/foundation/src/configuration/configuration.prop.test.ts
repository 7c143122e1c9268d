import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { type MergeSettings, mergeSettings, type SettingLayer } from './configuration.ts'
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
    for (const key of settingKeys) {
      for (const value of candidates) {
        const options = nestedSettings({ [key]: value })
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
