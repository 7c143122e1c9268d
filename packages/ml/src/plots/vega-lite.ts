/** Plots for the web: specifications of Vega-Lite, which draws, exports and explains them without code of ours. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { type ChartPlot, checkPlot, type Plot } from './plot.ts'
import { panelSpec } from './vega-panel.ts'
import { parallelSpec } from './vega-parallel.ts'

export interface VegaLiteOptions {
  /** Pixels of the drawing, 50 to 4,000; of each panel where there are several. @default 480, and 300 beside others */
  readonly width?: number
  /** @default 280, and 180 beside others */
  readonly height?: number
}

/** A part of a specification: plain JSON. */
export type VegaJson = string | number | boolean | null | readonly VegaJson[] | { readonly [key: string]: VegaJson }

/** A specification of Vega-Lite 6: plain JSON with its data in it. */
export interface VegaLiteSpec {
  readonly $schema: 'https://vega.github.io/schema/vega-lite/v6.json'
  readonly [key: string]: VegaJson
}

/**
 * The plot as a specification of Vega-Lite, for `vega-embed` on a page, a notebook, or `vega` for a picture. It loads nothing, and
 * names of variables are data in it: never fields, expressions or marks.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/unreadable` for what is no plot of this version.
 * Source: Satyanarayan, Moritz, Wongsuphasawat & Heer, IEEE TVCG 23(1), 2017.
 * @example vegaEmbed('#plot', plotVegaLite(historyPlot(study)))
 */
export function plotVegaLite(plot: Plot, options: VegaLiteOptions = {}): VegaLiteSpec {
  const pixels = rule.optional(rule.int(50, 4_000))
  checkOptions('plotVegaLite', options, { width: pixels, height: pixels })
  checkPlot(plot)
  const isAlone = plot.type === 'parallel' || plot.panels.length === 1
  const size = { ...(isAlone ? { width: 480, height: 280 } : { width: 300, height: 180 }), ...definedOptions(options) }
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: plot.title, subtitle: plot.notes, anchor: 'start' },
    background: 'white',
    ...(plot.type === 'parallel' ? parallelSpec(plot, size) : panelsSpec(plot, size)),
    config: {
      view: { stroke: '#ddd' },
      axis: { gridColor: '#eee', labelLimit: 160, titleFontWeight: 'normal' },
      title: { fontSize: 14, subtitleColor: '#666', subtitleFontSize: 11 },
      legend: { titleLimit: 200, labelLimit: 200 },
      line: { strokeJoin: 'round' },
    },
  }
}

export interface PixelSize {
  readonly width: number
  readonly height: number
}

function panelsSpec(plot: ChartPlot, size: PixelSize): { readonly [key: string]: VegaJson } {
  const [first] = plot.panels
  if (plot.panels.length === 1 && first) return { ...size, ...panelSpec(first, plot) }
  return {
    columns: 3,
    concat: plot.panels.map((panel) => ({
      ...size,
      title: { text: panel.title ?? '', anchor: 'start', fontSize: 12 },
      ...panelSpec(panel, plot),
    })),
  }
}
