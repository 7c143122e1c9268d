/** Right calls of variables and spaces. */

import type { TestedCall } from '@mabeam/foundation/testing'
import * as ml from '../index.ts'
import { optional, options, plane } from './right-values.fixture.ts'

const items = () => ['p', 'q']
const range = (call: TestedCall['call']): TestedCall => ({
  call,
  args: () => [0, 9, {}],
  takes: ['0: number', '1: number', ...options(2)],
})

export const spaceCalls: { readonly [name: string]: TestedCall } = {
  bool: optional(ml.bool),
  carryOver: {
    call: ml.carryOver,
    args: () => [plane(), [{ x: 0.5 }], {}],
    takes: ['1: empty array', ...options(2)],
  },
  'carryOver.config': {
    call: (config: never) => ml.carryOver(plane(), [config]),
    args: () => [{ x: 0.5 }],
    owners: ['carryOver'],
    takes: ['0: empty object', '0: bare object'],
  },
  choice: { call: ml.choice, args: () => [items(), {}], takes: options(1) },
  defineSpace: { call: ml.defineSpace, args: () => [{ x: ml.float(0, 1) }], owners: ['defineSpace', 'space'] },
  'defineSpace.constrain': {
    call: (name: never, test: never, details: never) => plane().constrain(name, test, details),
    args: () => ['small', () => true, {}],
    owners: ['constrain', 'space'],
    takes: options(2, '2: function'),
  },
  float: range(ml.float),
  'float.options': { call: ml.float, args: () => [{ min: 0, max: 1 }], owners: ['float'] },
  group: { call: ml.group, args: () => [{ x: ml.float(0, 1) }, {}], takes: options(1) },
  hintedConfigs: { call: ml.hintedConfigs, args: () => [plane(), 8], takes: ['1: nothing', '1: number'] },
  int: range(ml.int),
  jsonSchemaOf: { call: ml.jsonSchemaOf, args: () => [plane()] },
  mergeSpaces: {
    call: ml.mergeSpaces,
    args: () => [plane(), ml.namespaced('r', plane())],
  },
  moduleChoice: { call: ml.moduleChoice, args: () => [{ p: 1, q: 2 }, {}], takes: options(1) },
  namespaced: { call: ml.namespaced, args: () => ['r', plane()] },
  nestedConfig: { call: ml.nestedConfig, args: () => [{ 'r.k': 3 }], takes: ['0: empty object', '0: bare object'] },
  permutation: { call: ml.permutation, args: () => [items(), {}], takes: options(1) },
  schemaOf: { call: ml.schemaOf, args: () => [plane()] },
  space: { call: ml.space, args: () => [{ x: ml.float(0, 1) }, {}], takes: options(1) },
  spaceFromJSON: {
    call: ml.spaceFromJSON,
    args: () => [plane().toJSON(), {}],
    owners: ['spaceFromJSON', 'space'],
    takes: options(1),
  },
  spaceFromJsonSchema: {
    call: ml.spaceFromJsonSchema,
    args: () => [ml.jsonSchemaOf(plane())],
    owners: ['spaceFromJsonSchema', 'schema'],
  },
  subset: { call: ml.subset, args: () => [items(), {}], takes: options(1) },
  text: { call: ml.text, args: () => [items(), {}], takes: options(1) },
}
