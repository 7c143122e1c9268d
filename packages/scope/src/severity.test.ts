import { readFileSync } from 'node:fs'
import { consoleTelemetry } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { measurementKinds } from './measurement.ts'
import { severities, severityOf } from './severity.ts'
import { spanPairs } from './span-rule.ts'

const catalogues = ['foundation', 'ml', 'dspx', 'scope'].map((name) =>
  readFileSync(new URL(`../../${name}/events.md`, import.meta.url), 'utf8'),
)
const listed = new Set(
  catalogues.flatMap((text) => [...text.matchAll(/^\| `([a-z]+\.[a-z-]+)`/gm)].map(([, name]) => name)),
)
const event = (name: string, reason = '') => ({ name, measurements: {}, metadata: { reason } })

describe('the tables know only what is in the catalogues', () => {
  test('severities name events that are listed, and verbs that some event ends in', () => {
    const verbs = new Set([...listed].map((name) => name?.slice(name.lastIndexOf('-') + 1)))
    const unknown = Object.keys(severities).filter((key) => !(key.includes('.') ? listed : verbs).has(key))
    expect(unknown).toEqual([])
  })

  test('spans begin and end with events that are listed', () => {
    const unknown = spanPairs.flatMap(({ begin, ends }) => [begin, ...ends]).filter((name) => !listed.has(name))
    expect(unknown).toEqual([])
  })

  test('kinds are of measurements that some event has', () => {
    const text = catalogues.join('\n')
    expect(Object.keys(measurementKinds).filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })
})

describe('severityOf', () => {
  test('goes by name, then by the verb at the end; what a user gives goes first', () => {
    expect(severityOf(event('foundation.actor-crashed'), {})).toBe('error')
    expect(severityOf(event('shop.order-failed'), {})).toBe('warn')
    expect(severityOf(event('shop.order-placed'), {})).toBe('none')
    expect(severityOf(event('shop.order-placed'), { placed: 'info' })).toBe('info')
    expect(severityOf(event('shop.order-failed'), { failed: 'error', 'shop.order-failed': 'none' })).toBe('none')
    expect(severityOf(event('foundation.actor-crashed'), { crashed: 'info' })).toBe('info')
    expect(severityOf(event('toString'), {})).toBe('none')
  })

  test('an end that was asked for is no warning', () => {
    expect(severityOf(event('foundation.thread-ended', 'idle'), {})).toBe('none')
    expect(severityOf(event('foundation.thread-ended', 'blocked'), {})).toBe('warn')
    expect(severityOf(event('foundation.supervisor-stopped', 'shutdown'), {})).toBe('none')
    expect(severityOf(event('foundation.supervisor-stopped', 'restart-intensity'), {})).toBe('warn')
  })

  test('errors and warnings are those that the console of development prints', () => {
    const printed = new Map<string, string | undefined>()
    const names = [...listed].filter((name) => name !== undefined && !name.startsWith('scope.')) as string[]
    for (const name of names) {
      for (const reason of ['shutdown', 'idle', 'closed', 'blocked']) {
        const write = (line: string) => void printed.set(`${name} ${reason}`, line.split(' ')[0])
        consoleTelemetry({ write }).emit(event(name, reason))
      }
    }
    for (const name of names) {
      for (const reason of ['shutdown', 'idle', 'closed', 'blocked']) {
        const severity = severityOf(event(name, reason), {})
        const expected = severity === 'error' || severity === 'warn' ? severity : undefined
        expect([name, reason, printed.get(`${name} ${reason}`)]).toEqual([name, reason, expected])
      }
    }
  })
})
