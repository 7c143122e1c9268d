import type { TelemetryEvent } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type AnomalyAlert, type AnomalyOptions, anomalyTelemetry } from './anomaly-telemetry.ts'

const intervalMs = 1_000

function watched(options: Partial<AnomalyOptions> = {}) {
  const clock = virtualClock()
  const alerts: AnomalyAlert[] = []
  const port = anomalyTelemetry({ onAlert: (alert) => void alerts.push(alert), clock, intervalMs, ...options })
  return {
    port,
    clock,
    alerts,
    alarms: () => alerts.filter((one) => one.type !== 'trend-changed').map(({ type, series }) => `${type} ${series}`),
    emit: (name: string, measurements: TelemetryEvent['measurements'] = {}) =>
      port.emit({ name, measurements, metadata: {} }),
    /** So many intervals, with `during` in each. */
    async pass(intervals: number, during: (i: number) => void = () => {}) {
      for (let i = 0; i < intervals; i++) {
        during(i)
        await clock.advance(intervalMs)
      }
    },
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  }
}

describe('anomalyTelemetry', () => {
  test('the first flood of what never happened before raises an alert, and its end another', async () => {
    await using watch = watched()
    await watch.pass(30)
    for (let i = 0; i < 40; i++) watch.emit('foundation.actor-crashed', { count: 1 })
    await watch.pass(1)
    expect(watch.alarms()).toEqual(['anomaly-began foundation.actor-crashed'])
    expect(watch.alerts[0]).toMatchObject({ value: 40, usual: 0, score: 40, atMs: watch.clock.nowMs() })
    await watch.pass(2)
    expect(watch.alarms()[1]).toBe('anomaly-ended foundation.actor-crashed')
  })

  test('a rate that holds raises none, one that collapses does', async () => {
    await using watch = watched()
    const work = () => {
      for (let i = 0; i < 50; i++) watch.emit('m.call-done')
    }
    await watch.pass(40, work)
    expect(watch.alerts).toEqual([])
    await watch.pass(1)
    expect(watch.alarms()).toEqual(['anomaly-began m.call-done'])
  })

  test('means of durations are watched in milliseconds, and intervals without one are left out', async () => {
    await using watch = watched()
    await watch.pass(60, (i) => {
      if (i % 2 === 0) for (const seconds of [0.1, 0.3]) watch.emit('ml.trial-told', { seconds })
    })
    const series = watch.port.trends().find((one) => one.series === 'ml.trial-told.seconds')
    expect(series?.values).toHaveLength(30)
    expect(series?.values[0]).toBeCloseTo(200)
    await watch.pass(1, () => watch.emit('ml.trial-told', { seconds: 2 }))
    expect(watch.alarms()).toContain('anomaly-began ml.trial-told.seconds')
  })

  test('a level that grows is told as a trend, as data and as an event', async () => {
    const telemetry = collectTelemetry()
    await using watch = watched({ telemetry })
    await watch.pass(40, (i) => watch.emit('m.pool-seen', { members: 100 + i }))
    const told = watch.alerts.filter((one) => one.type === 'trend-changed' && one.series === 'm.pool-seen.members')
    expect(told).toMatchObject([{ trend: 'rising', slope: 1 }])
    expect(telemetry.named('scope.trend-changed')[0]).toEqual({
      name: 'scope.trend-changed',
      measurements: { slope: 1 },
      metadata: { series: 'm.pool-seen.members', trend: 'rising' },
    })
    expect(watch.port.trends().find((one) => one.series === 'm.pool-seen.members')?.trend).toBe('rising')
  })

  test('what happened in an interval that ended late is spread over the time it took', async () => {
    const clock = virtualClock()
    const slow = { ...clock, monotonicMs: () => 2 * clock.monotonicMs() }
    await using port = anomalyTelemetry({ onAlert: () => {}, clock: slow, intervalMs })
    for (let i = 0; i < 20; i++) port.emit({ name: 'm.call-done', measurements: {}, metadata: {} })
    await clock.advance(intervalMs)
    expect(port.trends()[0]?.values).toEqual([10])
  })

  test('seriesMax series are watched, one more is watched among others', async () => {
    await using watch = watched({ seriesMax: 2 })
    await watch.pass(1, () => ['a.x-done', 'b.x-done'].forEach((name) => void watch.emit(name)))
    expect(watch.port.trends().map((one) => one.series)).toEqual(['a.x-done', 'b.x-done'])
    await watch.pass(1, () => ['c.x-done', 'd.x-done'].forEach((name) => void watch.emit(name)))
    expect(watch.port.trends().map((one) => one.series)).toEqual(['a.x-done', 'b.x-done', 'scope.other-events'])
    expect(watch.port.trends()[2]?.values).toEqual([0, 2])
  })

  test('a listener that throws costs no other alert', async () => {
    const telemetry = collectTelemetry()
    await using watch = watched({
      telemetry,
      onAlert: () => {
        throw new Error('broken')
      },
    })
    await watch.pass(30)
    await watch.pass(1, () => ['a.x-done', 'b.x-done'].forEach((name) => void watch.emit(name, { count: 99 })))
    expect(telemetry.named('scope.anomaly-began').map(({ metadata }) => metadata.series)).toEqual([
      'a.x-done',
      'b.x-done',
    ])
  })

  test('disposed of it holds no timer, hears nothing and may be disposed of again', async () => {
    await using watch = watched()
    expect([watch.port.enabled, watch.clock.pendingTimers]).toEqual([true, 1])
    await watch.port[Symbol.asyncDispose]()
    await watch.port[Symbol.asyncDispose]()
    watch.emit('a.x-done')
    expect([watch.port.enabled, watch.clock.pendingTimers, watch.port.trends()]).toEqual([false, 0, []])
  })

  test('options that can not be are refused with a sentence', () => {
    const onAlert = () => {}
    expect(() => anomalyTelemetry({} as AnomalyOptions)).toThrow('onAlert: expected a function, got nothing')
    expect(() => anomalyTelemetry({ onAlert, samplesMin: 61 })).toThrow('samplesMin: expected an integer from 2 to 60')
    expect(() => anomalyTelemetry({ onAlert, scoreEnd: 4 })).toThrow('scoreEnd: expected a number from 0 to 3.5')
    expect(() => anomalyTelemetry({ onAlert, interval: 1 } as AnomalyOptions)).toThrow('did you mean "intervalMs"?')
  })
})
