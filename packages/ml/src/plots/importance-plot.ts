/** How much each variable matters, as bars. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { numberAxis } from './axis.ts'
import { type ChartPlot, plotVersion } from './plot.ts'
import { counted } from './plot-source.ts'

/** A variable and what it does; what `importanceOf` returns is a list of them. */
export interface ShownImportance {
  readonly variable: string
  /** Shown in place of the name. */
  readonly label?: string
  readonly value: number
  readonly effect?: number
  readonly totalEffect?: number
}

export interface ImportancePlotOptions {
  /** What it is the importance for; stands in the title. @default 'the objective' */
  readonly objective?: string
  /** Which of the numbers: see `Importance`. @default 'value' */
  readonly measure?: 'value' | 'effect' | 'totalEffect'
  /** The most bars; what is left out is counted in the notes. @default 30 */
  readonly barsMax?: number
}

export const importancePlotDefaults = {
  objective: 'the objective',
  measure: 'value',
  barsMax: 30,
} as const satisfies Required<ImportancePlotOptions>

const measureNames = { value: 'importance', effect: 'effect', totalEffect: 'effect with interactions' } as const

/**
 * A bar for each variable, the longest first.
 *
 * Ensures: lengths descend; a number that is not finite is null and comes last.
 * Throws: `foundation/invalid-option`, also for variables without the measure; `foundation/unknown-name`.
 * @example importancePlot(importanceOf(study), { objective: 'accuracy' })
 */
export function importancePlot(
  importances: readonly ShownImportance[],
  options: ImportancePlotOptions = {},
): ChartPlot {
  checkOptions('importancePlot', options, {
    objective: rule.optional(rule.string()),
    measure: rule.optional(rule.oneOf(Object.keys(measureNames))),
    barsMax: rule.optional(rule.int(1, 1_000)),
  })
  const { objective, measure, barsMax } = { ...importancePlotDefaults, ...definedOptions(options) }
  if (!Array.isArray(importances)) {
    throw invalidOption('importancePlot', 'importances', 'what importanceOf returns', importances)
  }
  const bars = importances.map((one: ShownImportance) => {
    const length = one[measure]
    if (typeof length === 'number')
      return { variable: one.label ?? one.variable, length: Number.isFinite(length) ? length : null }
    throw invalidOption('importancePlot', 'measure', `a number ${measure} of ${one.variable}`, length)
  })
  bars.sort((a, b) => (b.length ?? Number.NEGATIVE_INFINITY) - (a.length ?? Number.NEGATIVE_INFINITY) || 0)
  const shown = bars.slice(0, barsMax)
  const lengths = shown.map(({ length }) => length)
  const left = bars.length - shown.length
  return {
    version: plotVersion,
    type: 'importance',
    title: `Importance for ${objective}`,
    notes: left > 0 ? [`${counted(left, 'more variable')}, none of more importance.`] : [],
    panels: [
      {
        x: numberAxis(measureNames[measure], [0, ...lengths]),
        y: { name: 'variable', scale: 'category', categories: shown.map(({ variable }) => variable) },
        series: [{ name: measureNames[measure], role: 'value', mark: 'bars', x: lengths, y: [...shown.keys()] }],
      },
    ],
  }
}
