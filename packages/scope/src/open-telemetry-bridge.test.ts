import { defineActor, newTrace, seededRandom, startNode, type TelemetryEvent, withContext } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { createNoopLogger, createNoopMeter, type Logger, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OpenTelemetryBridgeOptions, openTelemetryBridge } from './open-telemetry-bridge.ts'

type Given = Partial<TelemetryEvent>
const event = (name: string, { measurements = {}, metadata = {} }: Given = {}) => ({ name, measurements, metadata })
const aTrace = () => newTrace(seededRandom('trace'))

/** A bridge to a real SDK that keeps in memory what it would send. */
function bridged(options: OpenTelemetryBridgeOptions = {}) {
  const clock = virtualClock()
  const [metricExporter, spans, records] = [
    new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    new InMemorySpanExporter(),
    new InMemoryLogRecordExporter(),
  ]
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
  const meters = new MeterProvider({ readers: [reader] })
  const tracers = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] })
  const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] })
  const [meter, tracer, logger] = [meters.getMeter('test'), tracers.getTracer('test'), loggers.getLogger('test')]
  const bridge = openTelemetryBridge({ clock, meter, tracer, logger, ...options })
  return {
    bridge,
    clock,
    spans: () => spans.getFinishedSpans(),
    records: () => records.getFinishedLogRecords(),
    async metrics() {
      await reader.forceFlush()
      const all =
        metricExporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
      return new Map(all.map((one) => [one.descriptor.name, one]))
    },
    async [Symbol.asyncDispose]() {
      await bridge[Symbol.asyncDispose]()
      for (const provider of [meters, tracers, loggers]) await provider.shutdown()
    },
  }
}

describe('events as metrics', () => {
  test('an event moves its counter, and each measurement a metric of its kind and unit', async () => {
    await using sdk = bridged()
    const metadata = { modelId: 'm1', cached: false, message: 'it was long' }
    for (const latencyMs of [30, 70]) {
      sdk.bridge.emit(
        event('dspx.call-completed', { measurements: { latencyMs, tokensIn: 10, threads: latencyMs }, metadata }),
      )
    }
    const metrics = await sdk.metrics()
    const attributes = { modelId: 'm1', cached: 'false' }
    expect(metrics.get('dspx.call-completed')?.dataPoints).toMatchObject([{ attributes, value: 2 }])
    expect(metrics.get('dspx.call-completed.tokensIn')?.dataPoints).toMatchObject([{ attributes, value: 20 }])
    expect(metrics.get('dspx.call-completed.threads')?.dataPoints).toMatchObject([{ attributes, value: 70 }])
    const latency = metrics.get('dspx.call-completed.latencyMs')
    expect(latency?.descriptor.unit).toBe('ms')
    const [point] = (latency?.dataPoints ?? []) as DataPoint<Histogram>[]
    expect(point?.value).toMatchObject({ count: 2, sum: 100 })
    expect(point?.value.buckets.boundaries).toContain(50)
  })

  test('events nobody knows are counted by their name', async () => {
    await using sdk = bridged()
    sdk.bridge.emit(event('shop.order-placed', { measurements: { pieces: 3 }, metadata: { country: 'no' } }))
    const metrics = await sdk.metrics()
    expect(metrics.get('shop.order-placed')?.dataPoints).toMatchObject([{ value: 1, attributes: { country: 'no' } }])
    expect(metrics.get('shop.order-placed.pieces')?.dataPoints).toMatchObject([{ value: { count: 1, sum: 3 } }])
  })

  test('a name that OpenTelemetry does not allow is written in letters that it does', async () => {
    await using sdk = bridged()
    for (const name of ['größe x-seen', '9-lives', 'a'.repeat(300)]) sdk.bridge.emit(event(name))
    expect([...(await sdk.metrics()).keys()]).toEqual(['gr__e_x-seen', 'event.9-lives', 'a'.repeat(255)])
  })

  test('beyond metricsMax they are counted together, beyond attributeValuesMax as other', async () => {
    await using sdk = bridged({ metricsMax: 1, attributeValuesMax: 1 })
    for (const code of ['a', 'b', 'c']) sdk.bridge.emit(event('m.x-done', { metadata: { code } }))
    sdk.bridge.emit(event('m.y-done', { metadata: { code: 'a' } }))
    const metrics = await sdk.metrics()
    expect(metrics.get('m.x-done')?.dataPoints).toMatchObject([
      { value: 1, attributes: { code: 'a' } },
      { value: 2, attributes: { code: 'other' } },
    ])
    expect(metrics.get('scope.other-events')?.dataPoints).toMatchObject([{ value: 1, attributes: {} }])
    expect(sdk.bridge.stats()).toMatchObject({ events: 4, metricsRefused: 1, attributesOther: 2, failed: 0 })
  })
})

describe('events as log records', () => {
  test('a crash is an error with all the event says, linked to the trace of whoever told it', async () => {
    await using sdk = bridged()
    const { traceId, spanId } = aTrace()
    const metadata = { node: 'n1', actor: 'counter#1', message: 'it fell', list: ['a'], none: null }
    withContext({ trace: aTrace() }, () => {
      sdk.bridge.emit(event('foundation.actor-crashed', { measurements: { count: 1 }, metadata }))
    })
    const [record] = sdk.records()
    expect(record).toMatchObject({
      eventName: 'foundation.actor-crashed',
      severityText: 'ERROR',
      severityNumber: 17,
      body: 'foundation.actor-crashed: it fell',
      attributes: { node: 'n1', actor: 'counter#1', message: 'it fell', list: '["a"]', count: 1 },
      spanContext: { traceId, spanId },
    })
  })

  test('each severity of the table, and none for what goes on all the time', async () => {
    await using sdk = bridged({ severities: { 'm.x-failed': 'none', greeted: 'info' } })
    const told = [
      'a.lease-lost',
      'a.message-dropped',
      'a.child-restarted',
      'a.actor-started',
      'm.x-failed',
      'm.x-greeted',
    ]
    for (const name of told) sdk.bridge.emit(event(name))
    sdk.bridge.emit(event('foundation.supervisor-stopped', { metadata: { reason: 'shutdown' } }))
    sdk.bridge.emit(event('foundation.supervisor-stopped', { metadata: { reason: 'restart-intensity' } }))
    expect(sdk.records().map(({ body, severityText }) => `${severityText} ${body}`)).toEqual([
      'ERROR a.lease-lost',
      'WARN a.message-dropped',
      'INFO a.child-restarted',
      'INFO m.x-greeted',
      'WARN foundation.supervisor-stopped: restart-intensity',
    ])
  })

  test('logsPerSecMax records are written in a second, one more is counted, and the next second begins anew', async () => {
    await using sdk = bridged({ logsPerSecMax: 2 })
    for (let i = 0; i < 2; i++) sdk.bridge.emit(event('a.x-failed'))
    expect([sdk.records().length, sdk.bridge.stats().logsSuppressed]).toEqual([2, 0])
    sdk.bridge.emit(event('a.x-failed'))
    expect([sdk.records().length, sdk.bridge.stats().logsSuppressed]).toEqual([2, 1])
    await sdk.clock.advance(1_000)
    sdk.bridge.emit(event('a.x-failed'))
    expect(sdk.records()).toHaveLength(3)
    expect((await sdk.metrics()).get('a.x-failed')?.dataPoints).toMatchObject([{ value: 4 }])
  })
})

describe('events as spans', () => {
  const ms = ([seconds, nanos]: readonly number[]) => (seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6

  test('what tells how long it took is a span until now, under the span of whoever told it', async () => {
    await using sdk = bridged()
    await sdk.clock.advance(5_000)
    const measurements = { latencyMs: 1_200 }
    withContext({ trace: aTrace() }, () => sdk.bridge.emit(event('dspx.call-completed', { measurements })))
    const [span] = sdk.spans()
    expect(span?.name).toBe('dspx.call-completed')
    expect(span?.spanContext().traceId).toBe(aTrace().traceId)
    expect(span?.parentSpanContext?.spanId).toBe(aTrace().spanId)
    expect(ms(span?.endTime ?? []) - ms(span?.startTime ?? [])).toBeCloseTo(1_200)
    expect(ms(span?.endTime ?? [])).toBeCloseTo(sdk.clock.nowMs())
    expect(span?.status.code).toBe(SpanStatusCode.UNSET)
  })

  test('a failure is a span with an error', async () => {
    await using sdk = bridged()
    const failed = event('ml.trial-failed', { measurements: { seconds: 2 }, metadata: { code: 'ml/broken' } })
    withContext({ trace: aTrace() }, () => sdk.bridge.emit(failed))
    expect(sdk.spans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'ml/broken' })
  })

  test('the life of an actor that was started in a trace is a span of it', async () => {
    await using sdk = bridged()
    const { bridge: telemetry, clock } = sdk
    const Quiet = defineActor(import.meta.url, { name: 'quiet', version: 1, init: () => 0 })
    await using node = await startNode({ telemetry, clock, name: 'n1' })
    const quiet = await withContext({ trace: aTrace() }, () => node.spawn(Quiet, undefined))
    await node.spawn(Quiet, undefined)
    expect(sdk.bridge.stats().spansOpen).toBe(1)
    await clock.advance(700)
    await node.stop(quiet)
    await settled()
    const [span, more] = sdk.spans()
    expect(more).toBeUndefined()
    expect(span).toMatchObject({ name: 'foundation.actor', attributes: { definition: 'quiet', reason: 'shutdown' } })
    expect(span?.spanContext().traceId).toBe(aTrace().traceId)
    expect(ms(span?.duration ?? [])).toBeCloseTo(700)
  })

  test('without a trace there is no span', async () => {
    await using sdk = bridged()
    sdk.bridge.emit(event('dspx.call-completed', { measurements: { latencyMs: 3 } }))
    sdk.bridge.emit(event('foundation.actor-started', { metadata: { node: 'n1', actor: 'a#1' } }))
    expect([sdk.spans().length, sdk.bridge.stats().spansOpen]).toEqual([0, 0])
  })

  test('openSpansMax begin, one more is counted; what is open at the end is marked', async () => {
    const pair = { span: 'm.job', begin: 'm.job-begun', ends: ['m.job-done'], keys: ['job'] }
    await using sdk = bridged({ openSpansMax: 1, spanPairs: [pair] })
    const begin = (job: number) =>
      withContext({ trace: aTrace() }, () => sdk.bridge.emit(event('m.job-begun', { metadata: { job } })))
    begin(1)
    expect(sdk.bridge.stats()).toMatchObject({ spansOpen: 1, spansRefused: 0 })
    begin(2)
    expect(sdk.bridge.stats()).toMatchObject({ spansOpen: 1, spansRefused: 1 })
    sdk.bridge.emit(event('m.job-done', { metadata: { job: 2 } }))
    sdk.bridge.emit(event('m.job-done', { metadata: { job: 1 } }))
    expect(sdk.spans().map(({ attributes }) => attributes)).toEqual([{ job: 1 }])
    begin(3)
    begin(3)
    await sdk.bridge[Symbol.asyncDispose]()
    expect(sdk.spans().map(({ attributes }) => attributes.unfinished)).toEqual([undefined, true, true])
  })
})

describe('openTelemetryBridge', () => {
  test('without an SDK it does not listen, with any part of one it does, until it is disposed of', async () => {
    expect(openTelemetryBridge().enabled).toBe(false)
    expect(openTelemetryBridge({ meter: createNoopMeter(), logger: createNoopLogger() }).enabled).toBe(false)
    await using sdk = bridged({ meter: createNoopMeter() })
    expect(sdk.bridge.enabled).toBe(true)
    await sdk.bridge[Symbol.asyncDispose]()
    await sdk.bridge[Symbol.asyncDispose]()
    expect(sdk.bridge.enabled).toBe(false)
    sdk.bridge.emit(event('a.x-failed'))
    expect([sdk.records().length, sdk.bridge.stats().events]).toEqual([0, 0])
  })

  test('finds the SDK that is registered', async () => {
    const meters = new MeterProvider()
    const tracers = new TracerProvider()
    metrics.setGlobalMeterProvider(meters)
    trace.setGlobalTracerProvider(tracers)
    try {
      await using bridge = openTelemetryBridge()
      expect(bridge.enabled).toBe(true)
    } finally {
      metrics.disable()
      trace.disable()
      await meters.shutdown()
      await tracers.shutdown()
    }
    expect(openTelemetryBridge().enabled).toBe(false)
  })

  test('an SDK that throws reaches nobody, costs no other part, and is counted', async () => {
    const logger: Logger = {
      enabled: () => true,
      emit() {
        throw new Error('broken')
      },
    }
    await using sdk = bridged({ logger })
    expect(() => sdk.bridge.emit(event('a.x-failed'))).not.toThrow()
    expect(sdk.bridge.stats()).toMatchObject({ events: 1, failed: 1 })
    expect((await sdk.metrics()).get('a.x-failed')?.dataPoints).toMatchObject([{ value: 1 }])
  })

  test('whatever events hold, nothing is thrown, and all are counted', async () => {
    const word = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('a.x-failed', 'foundation.actor-started', 'actor'),
    )
    const json = fc.oneof(word, fc.boolean(), fc.double(), fc.constant(null), fc.array(word, { maxLength: 2 }))
    const anEvent = fc.record({
      name: word,
      measurements: fc.dictionary(fc.oneof(word, fc.constantFrom('latencyMs', 'count')), fc.double()),
      metadata: fc.dictionary(word, json),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anEvent, { maxLength: 20 }), fc.boolean(), async (events, traced) => {
        await using sdk = bridged({ metricsMax: 10, openSpansMax: 2, logsPerSecMax: 3, attributesMax: 2 })
        const emitAll = () => events.forEach((one) => void sdk.bridge.emit(one))
        if (traced) withContext({ trace: aTrace() }, emitAll)
        else emitAll()
        expect(sdk.bridge.stats()).toMatchObject({ events: events.length, failed: 0 })
        expect(sdk.bridge.stats().spansOpen).toBeLessThanOrEqual(traced ? 2 : 0)
        expect(sdk.records().length).toBeLessThanOrEqual(3)
        expect((await sdk.metrics()).size).toBeLessThanOrEqual(11)
      }),
      { numRuns: 60 },
    )
  })

  test('options that it does not know are refused with a sentence', () => {
    expect(() => openTelemetryBridge({ meters: 1 } as object)).toThrow('did you mean "meter"?')
    expect(() => openTelemetryBridge({ severities: { x: 'erorr' as 'error' } })).toThrow('did you mean "error"?')
    expect(() => openTelemetryBridge({ openSpansMax: -1 })).toThrow('openSpansMax: expected an integer from 0')
  })
})
