/** Options of all that makes metrics of events, whatever they are written as. */

import { type OptionRule, rule } from '@mabeam/foundation'
import { omittedAttributes } from './attribute-limits.ts'
import type { MeasurementKinds } from './measurement.ts'

export interface MetricOptions {
  /** What measurements are whose names do not say it, over the table of `measurementKinds`. @default {} */
  readonly measurementKinds?: MeasurementKinds
  /** Metrics altogether; events beyond count `scope.other-events`. @default 1_000 */
  readonly metricsMax?: number
  /** Metadata that are no attributes. @default what is a sentence or names one thing of many: `omittedAttributes` */
  readonly omitAttributes?: readonly string[]
  /** Attributes of one event; further ones are left out. @default 16 */
  readonly attributesMax?: number
  /** Different values of one attribute of one event; further ones are `other`. @default 100 */
  readonly attributeValuesMax?: number
  /** Different combinations of values of one event; further ones are `other` throughout. @default 500 */
  readonly seriesMax?: number
  /** Characters of a value; longer ones are cut. @default 120 */
  readonly attributeLengthMax?: number
}

export const metricDefaults = {
  measurementKinds: {},
  metricsMax: 1_000,
  omitAttributes: omittedAttributes,
  attributesMax: 16,
  attributeValuesMax: 100,
  seriesMax: 500,
  attributeLengthMax: 120,
} as const satisfies Required<MetricOptions>

export const metricRules: { readonly [key in keyof MetricOptions]-?: OptionRule } = {
  measurementKinds: rule.optional(rule.object()),
  metricsMax: rule.optional(rule.int(1)),
  omitAttributes: rule.optional(rule.array()),
  attributesMax: rule.optional(rule.int(0)),
  attributeValuesMax: rule.optional(rule.int(1)),
  seriesMax: rule.optional(rule.int(1)),
  attributeLengthMax: rule.optional(rule.int(1)),
}
