import { expect, test } from 'vitest'
import { bareName, boundsOf, kindOf, unitOf } from './measurement.ts'

test('a unit is read from the end of a name, and from nothing else', () => {
  expect(
    ['latencyMs', 'tookUs', 'seconds', 'leaseSec', 'heapBytes', 'costUsd'].map((name) => unitOf(name).ucum),
  ).toEqual(['ms', 'us', 's', 's', 'By', '{USD}'])
  expect(['items', 'msgs', 'status', 'bytesMax', 'atoms'].map((name) => unitOf(name).ucum)).toEqual([
    '1',
    '1',
    '1',
    '1',
    '1',
  ])
})

test('its bare name is that without the unit, and never empty', () => {
  expect(['latencyMs', 'seconds', 'heapBytes', 'ms', 'items'].map(bareName)).toEqual([
    'latency',
    'seconds',
    'heap',
    'ms',
    'items',
  ])
})

test('a kind is looked up by event, then by name, then in the table; the rest are distributions', () => {
  expect(kindOf('a.b-c', 'threads', {})).toBe('level')
  expect(kindOf('a.b-c', 'threads', { threads: 'sum' })).toBe('sum')
  expect(kindOf('a.b-c', 'threads', { threads: 'sum', 'a.b-c.threads': 'identity' })).toBe('identity')
  expect(kindOf('a.b-c', 'pieces', {})).toBe('distribution')
  expect(kindOf('a.b-c', 'toString', {})).toBe('distribution')
})

test('bounds ascend, in the unit of the measurement', () => {
  for (const name of ['latencyMs', 'tookUs', 'seconds', 'heapBytes', 'items']) {
    const bounds = boundsOf(name)
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b))
  }
  expect(boundsOf('latencyMs')).toContain(50)
  expect(boundsOf('tookUs')).toContain(50_000)
  expect(boundsOf('seconds')).toContain(0.05)
})
