/**
 * A strict reader of the text format 0.0.4, for tests: throws where a Prometheus server would refuse, and where the conventions
 * are not kept. Source: Prometheus documentation, "Exposition formats".
 */

import assert from 'node:assert/strict'

export interface ParsedSample {
  readonly name: string
  readonly labels: { readonly [label: string]: string }
  readonly value: number
}

export interface ParsedFamily {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly ParsedSample[]
}

export function parseExposition(text: string): ReadonlyMap<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily & { readonly samples: ParsedSample[] }>()
  if (text === '') return families
  assert.ok(text.endsWith('\n'), 'the last line ends with a line feed')
  let current: (ParsedFamily & { readonly samples: ParsedSample[] }) | undefined
  let help: { readonly name: string; readonly text: string } | undefined
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    const helps = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\[\\n])*)$/.exec(line)
    const types = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(line)
    if (helps !== null) {
      help = { name: helps[1] as string, text: helps[2] as string }
    } else if (types !== null) {
      const [, name = '', type = ''] = types
      assert.equal(help?.name, name, `the help of ${name} stands before its type`)
      assert.ok(!families.has(name), `${name} is there once`)
      current = { name, type, help: help?.text ?? '', samples: [] }
      families.set(name, current)
    } else {
      const sample = parseSample(line)
      assert.ok(current !== undefined, `a family before ${line}`)
      assert.ok(belongs(sample.name, current), `${sample.name} belongs to ${current.name}`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      assert.ok(!seen.has(key), `${line} is there once`)
      seen.add(key)
      current.samples.push(sample)
    }
  }
  for (const family of families.values()) checkFamily(family)
  return families
}

function parseSample(line: string): ParsedSample {
  const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
  assert.ok(found !== null, `a sample: ${line}`)
  const [, name = '', pairs = '', number = ''] = found
  const labels: { [label: string]: string } = {}
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y
  while (pair.lastIndex < pairs.length) {
    const [, label = '', value = ''] = pair.exec(pairs) ?? assert.fail(`labels: ${pairs}`)
    assert.ok(!label.startsWith('__'), `${label} is not kept for Prometheus`)
    assert.ok(!Object.hasOwn(labels, label), `${label} is there once`)
    labels[label] = value.replaceAll(/\\([\\"n])/g, (_, one: string) => (one === 'n' ? '\n' : one))
  }
  assert.match(number, /^(NaN|[+-]Inf|[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)$/i, `a number: ${line}`)
  return {
    name,
    labels,
    value: number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number.replace('Inf', 'Infinity')),
  }
}

function belongs(sample: string, { name, type }: ParsedFamily): boolean {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'].some((end) => sample === name + end) : sample === name
}

function checkFamily({ name, type, samples }: ParsedFamily): void {
  assert.ok(samples.length > 0, `${name} has samples`)
  if (type === 'counter') {
    assert.ok(name.endsWith('_total'), `${name} ends in _total`)
    for (const { value } of samples) assert.ok(value >= 0, `${name} does not count down`)
  }
  if (type !== 'histogram') return
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels))
  for (const group of groups.values()) {
    const buckets = group.filter((one) => one.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels: { le } }) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)))
    assert.ok(
      bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number)),
      `${name} has ascending bounds`,
    )
    assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY, `${name} ends with +Inf`)
    assert.ok(
      buckets.every(({ value }, i) => i === 0 || value >= (buckets[i - 1]?.value ?? 0)),
      `${name} is cumulative`,
    )
    assert.equal(group.find((one) => one.name === `${name}_count`)?.value, buckets.at(-1)?.value)
    assert.equal(group.filter((one) => one.name === `${name}_sum`).length, 1)
  }
}
