/** A weighted mean of metrics. */

import { invalidOption } from '@mabeam/foundation'
import { type Judgement, judgeAnswer, type Metric } from '../metric.ts'

export interface MetricPart {
  readonly metric: Metric
  /** Relative to the other parts. Requires: `> 0`. */
  readonly weight: number
}

/**
 * The mean of `parts` by weight; what they say beside the score is kept together.
 *
 * Throws: `foundation/invalid-option` for no parts, what is no metric, or a weight that is not a positive number.
 * @example compositeMetric([{ metric: exactMatch('team'), weight: 3 }, { metric: tokenF1('evidence'), weight: 1 }])
 */
export function compositeMetric(parts: readonly MetricPart[]): Metric {
  if (!Array.isArray(parts) || parts.length === 0)
    throw invalidOption('compositeMetric', 'parts', 'at least one metric with a weight', parts)
  for (const [index, part] of parts.entries()) {
    const { metric, weight } = (part ?? {}) as MetricPart
    if (typeof metric?.score !== 'function' || typeof metric.name !== 'string') {
      throw invalidOption('compositeMetric', `parts[${index}].metric`, 'a metric { name, score }', metric)
    }
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
      const feedback: string[] = []
      let values: Judgement['values'] = {}
      for (const { metric, weight } of parts) {
        const said = await judgeAnswer(metric, example, answer)
        sum += weight * said.score
        if (said.feedback !== undefined) feedback.push(said.feedback)
        values = { ...values, ...said.values }
      }
      const score = Math.min(1, sum / total)
      if (feedback.length === 0 && Object.keys(values).length === 0) return score
      return { score, values, ...(feedback.length > 0 && { feedback: feedback.join('\n') }) }
    },
  }
}
