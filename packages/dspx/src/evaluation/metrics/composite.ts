/** A weighted mean of metrics. */

import { invalidOption } from '@mabeam/foundation'
import type { Metric } from '../metric.ts'

export interface MetricPart {
  readonly metric: Metric
  /** Relative to the other parts. Requires: `> 0`. */
  readonly weight: number
}

/**
 * The mean of `parts` by weight.
 *
 * Throws: `foundation/invalid-option` for no parts or a weight that is not a positive number.
 * @example compositeMetric([{ metric: exactMatch('team'), weight: 3 }, { metric: tokenF1('evidence'), weight: 1 }])
 */
export function compositeMetric(parts: readonly MetricPart[]): Metric {
  if (parts.length === 0) throw invalidOption('compositeMetric', 'parts', 'at least one metric with a weight', parts)
  for (const [index, { weight }] of parts.entries()) {
    if (!(Number.isFinite(weight) && weight > 0)) {
      throw invalidOption('compositeMetric', `parts[${index}].weight`, 'a number > 0', weight)
    }
  }
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  return {
    name: `composite(${parts.map(({ metric, weight }) => `${weight} x ${metric.name}`).join(', ')})`,
    fields: [...new Set(parts.flatMap(({ metric }) => metric.fields ?? []))],
    async score(example, answer) {
      let sum = 0
      for (const { metric, weight } of parts) sum += weight * (await metric.score(example, answer))
      return Math.min(1, sum / total)
    },
  }
}
