/**
 * The text that a Prometheus server reads. Pure.
 *
 * Source: Prometheus documentation, "Exposition formats", text format 0.0.4; names as in "Metric and label naming".
 */

import type { MeasurementKind } from './measurement.ts'
import { bareName, unitOf } from './measurement.ts'

export type FamilyType = 'counter' | 'gauge' | 'histogram'

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: FamilyType
  readonly series: readonly Series[]
}

export interface Series {
  readonly labels: { readonly [label: string]: string }
  /** Of a counter or a gauge. */
  readonly value: number
  /** Of a histogram: `counts` one longer than `bounds`, each bucket by itself. */
  readonly buckets?: { readonly bounds: readonly number[]; readonly counts: readonly number[] }
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** @example exposition([{ name: 'up', help: 'whether it runs', type: 'gauge', series: [{ labels: {}, value: 1 }] }]) */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join('')
}

function familyText({ name, help, type, series }: Family): string {
  const lines = series.flatMap((one) =>
    one.buckets === undefined ? [sample(name, one.labels, one.value)] : histogramLines(name, one),
  )
  const head = [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`]
  return `${[...head, ...lines].join('\n')}\n`
}

function histogramLines(name: string, { labels, value, buckets }: Series): readonly string[] {
  const { bounds = [], counts = [] } = buckets ?? {}
  let upTo = 0
  const lines = counts.map((count, i) => {
    upTo += count
    const bound = bounds[i]
    return sample(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, upTo)
  })
  return [...lines, sample(`${name}_sum`, labels, value), sample(`${name}_count`, labels, upTo)]
}

function sample(name: string, labels: Series['labels'], value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** @example familyName('dspx.call-completed', 'latencyMs', 'distribution') // 'dspx_call_completed_latency_seconds' */
export function familyName(event: string, measurement: string | undefined, kind: MeasurementKind): string {
  if (measurement === undefined) return `${words(event)}_total`
  const { base } = unitOf(measurement)
  const bare = words(bareName(measurement))
  const unit = base === '' || bare === base || bare.endsWith(`_${base}`) ? '' : `_${base}`
  return `${words(event)}_${bare}${unit}${kind === 'sum' ? '_total' : ''}`
}

/** The labels of attributes: their names in Prometheus' letters, none twice, none that Prometheus keeps for itself. */
export function labelsOf(attributes: { readonly [attribute: string]: string }): { readonly [label: string]: string } {
  const labels: { [label: string]: string } = {}
  for (const [attribute, value] of Object.entries(attributes)) {
    let label = words(attribute).replace(/^(?=\d|$)|^_+/, 'a_')
    if (label === 'le' || label === 'quantile') label += '_'
    while (Object.hasOwn(labels, label)) label += '_'
    labels[label] = value
  }
  return labels
}

/** `callCompleted.x-y` as `call_completed_x_y`. */
function words(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}
