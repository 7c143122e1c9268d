import { defineActor, startNode, type TelemetryEvent } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExposition } from './exposition-parser.fixture.ts'
import { type PrometheusTelemetry, prometheusTelemetry } from './prometheus-telemetry.ts'

const event = (
  name: string,
  measurements: TelemetryEvent['measurements'] = {},
  metadata: TelemetryEvent['metadata'] = {},
) => ({
  name,
  measurements,
  metadata,
})

const samplesOf = (port: PrometheusTelemetry, family: string) =>
  (parseExposition(port.text()).get(family)?.samples ?? []).map(({ name, labels, value }) => [name, labels, value])

describe('prometheusTelemetry', () => {
  test('counts what a node tells', async () => {
    const telemetry = prometheusTelemetry()
    const Broken = defineActor(import.meta.url, {
      name: 'broken',
      version: 1,
      init: () => 0,
      casts: {
        fall: {
          run: (): number => {
            throw new Error('it fell')
          },
        },
      },
    })
    await using node = await startNode({ telemetry, clock: virtualClock(), name: 'n1' })
    const broken = await node.spawn(Broken, undefined, { name: 'broken', restart: 'permanent' })
    broken.cast('fall')
    await settled()
    expect(samplesOf(telemetry, 'mabeam_foundation_actor_crashed_total')).toEqual([
      ['mabeam_foundation_actor_crashed_total', { node: 'n1', definition: 'broken', code: 'foundation/uncaught' }, 1],
    ])
    expect(samplesOf(telemetry, 'mabeam_foundation_child_restarted_total')[0]?.[2]).toBe(1)
  })

  test('adds counts and sums, keeps the last level, and writes durations as seconds in buckets', () => {
    const port = prometheusTelemetry({ prefix: '' })
    port.emit(event('m.call-done', { count: 2, tokensIn: 30, latencyMs: 40, heapBytes: 9, threads: 3, token: 77 }))
    port.emit(event('m.call-done', { tokensIn: 12, latencyMs: 60, heapBytes: 7, threads: 1, token: 78 }))
    expect(samplesOf(port, 'm_call_done_total')).toEqual([['m_call_done_total', {}, 3]])
    expect(samplesOf(port, 'm_call_done_tokens_in_total')).toEqual([['m_call_done_tokens_in_total', {}, 42]])
    expect(samplesOf(port, 'm_call_done_heap_bytes')).toEqual([['m_call_done_heap_bytes', {}, 7]])
    expect(samplesOf(port, 'm_call_done_threads')).toEqual([['m_call_done_threads', {}, 1]])
    const latency = samplesOf(port, 'm_call_done_latency_seconds')
    expect(latency).toContainEqual(['m_call_done_latency_seconds_bucket', { le: '0.05' }, 1])
    expect(latency).toContainEqual(['m_call_done_latency_seconds_bucket', { le: '0.1' }, 2])
    expect(latency).toContainEqual(['m_call_done_latency_seconds_sum', {}, 0.1])
    expect(port.text()).not.toContain('77')
  })

  test('what is no finite number moves nothing but the counter', () => {
    const port = prometheusTelemetry({ prefix: '' })
    port.emit(event('m.x-done', { latencyMs: Number.NaN, tokensIn: Number.POSITIVE_INFINITY, costUsd: -1, count: -3 }))
    expect([...parseExposition(port.text()).keys()]).toEqual(['m_x_done_total'])
    expect(samplesOf(port, 'm_x_done_total')[0]?.[2]).toBe(1)
  })

  test('a kind that a user gives holds over the table, for one event or for all', () => {
    const port = prometheusTelemetry({ prefix: '', measurementKinds: { shoes: 'sum', 'm.x-done.threads': 'sum' } })
    for (let i = 0; i < 2; i++) port.emit(event('m.x-done', { shoes: 2, threads: 5 }))
    expect(samplesOf(port, 'm_x_done_shoes_total')[0]?.[2]).toBe(4)
    expect(samplesOf(port, 'm_x_done_threads_total')[0]?.[2]).toBe(10)
  })

  test('whatever events hold, the text is one that a strict reader takes, and every event is counted', () => {
    const word = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('a.b', 'a-b', 'a_b', 'le', 'count', '__x', 'ä"\\\n'),
    )
    const anEvent = fc.record({
      name: word,
      measurements: fc.dictionary(
        fc.oneof(word, fc.constantFrom('latencyMs', 'count', 'sum', 'bucket')),
        fc.double({ min: -10, max: 1e6 }),
      ),
      metadata: fc.dictionary(word, fc.oneof(word, fc.boolean(), fc.constant(null), fc.array(word))),
    })
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 30 }), (events) => {
        const kinds = { a: 'sum', b: 'level' } as const
        const port = prometheusTelemetry({
          measurementKinds: kinds,
          attributeValuesMax: 3,
          seriesMax: 4,
          metricsMax: 20,
        })
        for (const one of events) port.emit(one)
        const families = [...parseExposition(port.text()).values()]
        const counters = families.filter(({ help }) => help.startsWith('events'))
        const counted = counters.flatMap(({ samples }) => samples).reduce((sum, { value }) => sum + value, 0)
        const told = events.reduce((sum, { measurements: { count = 1 } }) => sum + (count >= 0 ? count : 1), 0)
        expect(Math.abs(counted - told)).toBeLessThanOrEqual(1e-9 * Math.max(1, told))
        expect(families.length).toBeLessThanOrEqual(21)
      }),
    )
  })

  test('events that Prometheus would write alike are kept apart', () => {
    const port = prometheusTelemetry({ prefix: '' })
    port.emit(event('a.b-c'))
    port.emit(event('a.b.c'))
    port.emit(event('a.b-c'))
    expect(samplesOf(port, 'a_b_c_total')[0]?.[2]).toBe(2)
    expect(samplesOf(port, 'a_b_c_2_total')[0]?.[2]).toBe(1)
  })
})

describe('limits of prometheusTelemetry', () => {
  test('metricsMax events have a counter, one more is counted among others', () => {
    const port = prometheusTelemetry({ prefix: '', metricsMax: 2 })
    for (const name of ['a.one-done', 'a.two-done']) port.emit(event(name))
    expect(port.text()).not.toContain('scope_other_events_total')
    port.emit(event('a.three-done', {}, { reason: 'x' }))
    expect(samplesOf(port, 'scope_other_events_total')).toEqual([['scope_other_events_total', {}, 1]])
    port.emit(event('a.one-done'))
    expect(samplesOf(port, 'a_one_done_total')[0]?.[2]).toBe(2)
  })

  test('attributeValuesMax values are told apart, one more is other', () => {
    const port = prometheusTelemetry({ prefix: '', attributeValuesMax: 2 })
    for (const code of ['a', 'b']) port.emit(event('m.x-done', {}, { code }))
    expect(port.text()).not.toContain('other')
    for (const code of ['c', 'd', 'a']) port.emit(event('m.x-done', {}, { code }))
    expect(samplesOf(port, 'm_x_done_total').map(([, labels, value]) => [labels, value])).toEqual([
      [{ code: 'a' }, 2],
      [{ code: 'b' }, 1],
      [{ code: 'other' }, 2],
    ])
  })

  test('seriesMax combinations are told apart, one more is other throughout', () => {
    const port = prometheusTelemetry({ prefix: '', seriesMax: 2 })
    port.emit(event('m.x-done', {}, { code: 'a', node: 'n1' }))
    port.emit(event('m.x-done', {}, { code: 'b', node: 'n1' }))
    expect(port.text()).not.toContain('other')
    port.emit(event('m.x-done', {}, { code: 'a', node: 'n2' }))
    expect(samplesOf(port, 'm_x_done_total')).toContainEqual(['m_x_done_total', { code: 'other', node: 'other' }, 1])
  })

  test('attributesMax attributes are kept, one more is left out', () => {
    const port = prometheusTelemetry({ prefix: '', attributesMax: 2 })
    port.emit(event('m.x-done', {}, { a: 'x', b: 'x' }))
    port.emit(event('m.x-done', {}, { a: 'x', b: 'x', c: 'x' }))
    expect(samplesOf(port, 'm_x_done_total')).toEqual([['m_x_done_total', { a: 'x', b: 'x' }, 2]])
  })

  test('a value of attributeLengthMax characters is whole, a longer one is cut', () => {
    const port = prometheusTelemetry({ prefix: '', attributeLengthMax: 3 })
    port.emit(event('m.x-done', {}, { code: 'abc' }))
    port.emit(event('m.x-done', {}, { code: 'abcd' }))
    expect(samplesOf(port, 'm_x_done_total')).toEqual([['m_x_done_total', { code: 'abc' }, 2]])
  })

  test('sentences and what names one thing of many are no labels', () => {
    const port = prometheusTelemetry({ prefix: '' })
    port.emit(event('m.x-done', {}, { message: 'it fell', actor: 'counter#12', epoch: 3, own: true, none: null }))
    expect(samplesOf(port, 'm_x_done_total')).toEqual([['m_x_done_total', { own: 'true' }, 1]])
  })
})

describe('respond', () => {
  test('answers GET and HEAD of /metrics, and nothing else', () => {
    const port = prometheusTelemetry()
    port.emit(event('m.x-done'))
    const ok = port.respond({ method: 'GET', url: '/metrics?name[]=x' })
    expect(ok).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
    expect(ok.body).toBe(port.text())
    expect(port.respond({ url: 'http://host:9/metrics' }).status).toBe(200)
    expect(port.respond({ method: 'HEAD', url: '/metrics' })).toMatchObject({ status: 200, body: '' })
    expect(port.respond({ method: 'POST', url: '/metrics' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    })
    expect(port.respond({ method: 'GET', url: '/' }).status).toBe(404)
  })
})

describe('bad options', () => {
  test('are refused with a sentence', () => {
    expect(() => prometheusTelemetry({ prefix: '1x' })).toThrow(
      'prometheusTelemetry: prefix: expected a text of letters, digits and _ that does not begin with a digit, got "1x"',
    )
    expect(() => prometheusTelemetry({ seriesMx: 1 } as object)).toThrow('did you mean "seriesMax"?')
    expect(() => prometheusTelemetry({ measurementKinds: { x: 'summ' as 'sum' } })).toThrow('did you mean "sum"?')
    expect(() => prometheusTelemetry({ metricsMax: 0 })).toThrow('metricsMax: expected an integer from 1')
  })
})

describe('parseExposition notices', () => {
  const good = '# HELP a_total x\n# TYPE a_total counter\na_total{l="v"} 1\n'
  const mutants: Record<string, string> = {
    'a missing line feed': good.slice(0, -1),
    'a counter without _total': good.replaceAll('a_total', 'a'),
    'a sample twice': `${good}a_total{l="v"} 2\n`,
    'a family twice': good + good,
    'a label twice': good.replace('l="v"', 'l="v",l="w"'),
    'an unescaped quote': good.replace('"v"', '"v"w"'),
    'a value that is no number': good.replace(' 1\n', ' one\n'),
    'a name with a dash': good.replaceAll('a_total', 'a-b_total'),
    'no type': good.replace('# TYPE a_total counter\n', ''),
  }
  for (const [name, text] of Object.entries(mutants)) {
    test(name, () => {
      parseExposition(good)
      expect(() => parseExposition(text)).toThrow()
    })
  }
})
