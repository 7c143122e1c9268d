/** Plots for a terminal. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { checkPlot, type Plot } from './plot.ts'
import { bold, dim, paintOf } from './text/ink.ts'
import { panelText, type TextSize } from './text/panel-text.ts'
import { parallelText } from './text/parallel-text.ts'
import { fitted, printable, wrapped } from './text/text-width.ts'

export interface PlotTextOptions {
  /** Columns of the terminal, 20 to 1,000. @default 80 */
  readonly width?: number
  /** Rows of each panel between its axes, 3 to 200; of bars at most. @default 12, and 6 for slices */
  readonly height?: number
  /** Whether it may hold escape sequences for colours. Whoever writes it knows: a terminal, and no `NO_COLOR`. @default false */
  readonly color?: boolean
}

export const plotTextDefaults = { width: 80, height: 12, color: false } as const satisfies Required<PlotTextOptions>

/**
 * The plot in lines of Unicode: dots of braille cells, blocks, frames. Without colour all is told by signs.
 *
 * Ensures: no line is wider than `width` (East Asian characters and emoji count two); nothing in a label reaches the terminal as a
 * control; ends without a line break.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/unreadable` for what is no plot of this version.
 * @example console.log(plotText(historyPlot(study), { width: process.stdout.columns, color: !process.env.NO_COLOR }))
 */
export function plotText(plot: Plot, options: PlotTextOptions = {}): string {
  checkOptions('plotText', options, {
    width: rule.optional(rule.int(20, 1_000)),
    height: rule.optional(rule.int(3, 200)),
    color: rule.optional(rule.boolean()),
  })
  checkPlot(plot)
  const height = plot.type === 'slice' ? 6 : plotTextDefaults.height
  const { width, color, ...rest } = { ...plotTextDefaults, height, ...definedOptions(options) }
  const paint = paintOf(color)
  const size: TextSize = { width, height: rest.height, paint, color }
  const bodies =
    plot.type === 'parallel'
      ? [parallelText(plot, size)]
      : plot.panels.map((panel) => {
          const title = panel.title === undefined || plot.panels.length === 1 ? [] : [panel.title]
          return [...title.map((one) => paint(fitted(printable(one), width), bold)), ...panelText(panel, size)]
        })
  return [
    paint(fitted(printable(plot.title), width), bold),
    ...bodies.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines])),
    ...plot.notes.flatMap((note) => wrapped(printable(note), width)).map((line) => paint(line, dim)),
  ].join('\n')
}
