import { silentTelemetry, type Telemetry } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { filterTelemetry, mergeTelemetry } from './merged-telemetry.ts'

const event = { name: 'a.thing-done', measurements: {}, metadata: {} }
const broken: Telemetry = {
  enabled: true,
  emit() {
    throw new Error('broken')
  },
}

describe('mergeTelemetry', () => {
  test('tells all ports, also after one that throws, and not those that do not listen', () => {
    const [one, two] = [collectTelemetry(), collectTelemetry()]
    const deaf = { ...collectTelemetry(), enabled: false }
    mergeTelemetry(one, broken, deaf, two).emit(event)
    expect([one.events, deaf.events, two.events]).toEqual([[event], [], [event]])
  })

  test('listens while one of its ports does', () => {
    expect(mergeTelemetry().enabled).toBe(false)
    expect(mergeTelemetry(silentTelemetry, silentTelemetry).enabled).toBe(false)
    const port = { enabled: false, emit() {} }
    const merged = mergeTelemetry(silentTelemetry, port)
    port.enabled = true
    expect(merged.enabled).toBe(true)
  })
})

describe('filterTelemetry', () => {
  test('tells what the predicate holds for, and what it fails at', () => {
    const kept = collectTelemetry()
    filterTelemetry(kept, ({ name }) => name !== event.name).emit(event)
    expect(kept.events).toEqual([])
    filterTelemetry(kept, () => true).emit(event)
    filterTelemetry(kept, () => {
      throw new Error('broken')
    }).emit(event)
    expect(kept.events).toEqual([event, event])
  })

  test('listens while its port does, and survives one that throws', () => {
    expect(filterTelemetry(silentTelemetry, () => true).enabled).toBe(false)
    expect(() => filterTelemetry(broken, () => true).emit(event)).not.toThrow()
  })
})
