import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { describe, expect, test } from 'vitest'
import { contourPlot } from './contour-plot.ts'
import { edfPlot } from './edf-plot.ts'
import { frontPlot } from './front-plot.ts'
import { historyPlot } from './history-plot.ts'
import { hypervolumePlot } from './hypervolume-plot.ts'
import { importancePlot } from './importance-plot.ts'
import { parallelPlot } from './parallel-plot.ts'
import type { Plot } from './plot.ts'
import { extremes, mixedStudy, repeatedStudy } from './plots.fixture.ts'
import { slicePlot } from './slice-plot.ts'
import { timelinePlot } from './timeline-plot.ts'
import { plotVegaLite, type VegaLiteSpec } from './vega-lite.ts'

const study = mixedStudy(60)
const plots: { readonly [name: string]: Plot } = {
  history: historyPlot(study),
  'history on a log axis': historyPlot(study, { log: true }),
  'history of nothing': historyPlot(mixedStudy(0)),
  hypervolume: hypervolumePlot(study),
  front: frontPlot(study),
  'front of repeated trials': frontPlot(repeatedStudy(30)),
  'history of repeated trials': historyPlot(repeatedStudy(30)),
  parallel: parallelPlot(study),
  importance: importancePlot([{ variable: 'demos', value: 1 }]),
  slice: slicePlot(study),
  contour: contourPlot(study),
  'contour of numbers': contourPlot(study, { x: 'rate', y: 'temperature' }),
  edf: edfPlot(study, { compare: { other: mixedStudy(9, 2) } }),
  timeline: timelinePlot(study),
  'history of the largest numbers': historyPlot(extremes[1] as (typeof extremes)[1]),
  'parallel of nothing': parallelPlot(mixedStudy(0)),
}

interface Layers {
  readonly layer: readonly { readonly data: { readonly values: readonly { readonly [field: string]: unknown }[] } }[]
}

/** What Vega-Lite says of a specification, beyond refusing it. */
function warningsOf(spec: VegaLiteSpec): {
  readonly said: string[]
  readonly compiled: ReturnType<typeof compile>['spec']
} {
  const said: string[] = []
  const say = (...words: readonly unknown[]) => {
    said.push(words.join(' '))
    return logger
  }
  const level = ((given?: number) => (given === undefined ? 0 : logger)) as never
  const logger = { level, error: say, warn: say, info: () => logger, debug: () => logger }
  return { compiled: compile(spec as unknown as TopLevelSpec, { logger }).spec, said }
}

async function svgOf(spec: VegaLiteSpec): Promise<string> {
  const view = new View(parse(warningsOf(spec).compiled), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return svg
}

describe('plotVegaLite', () => {
  test.each(Object.keys(plots))('gives JSON that Vega-Lite compiles without a word: %s', (name) => {
    const spec = plotVegaLite(plots[name] as Plot)
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
    expect(warningsOf(spec).said).toEqual([])
  })

  test('is drawn with a mark for each trial that has a place', async () => {
    const plot = historyPlot(study)
    const svg = await svgOf(plotVegaLite(plot))
    const series = plot.panels[0]?.series ?? []
    const drawn = series.flatMap(({ mark, trials = [] }) => (mark === 'points' ? trials : []))
    expect(svg.match(/aria-roledescription="point"/g)?.length).toBe(drawn.length)
    expect(svg).not.toContain('NaN')
    expect(svg).toContain('best so far')
  })

  test('draws cells, spans and lines of each kind', async () => {
    for (const name of ['contour', 'timeline', 'parallel', 'slice', 'edf', 'importance']) {
      const svg = await svgOf(plotVegaLite(plots[name] as Plot))
      expect(svg).toContain((plots[name] as Plot).title)
      expect(svg).not.toContain('NaN')
    }
  })

  test('names categories, and breaks lines where a variable is inactive', () => {
    const [first] = (plotVegaLite(slicePlot(study, { variables: ['model'] })) as unknown as Layers).layer
    expect(new Set(first?.data.values.map(({ x }) => x))).toEqual(new Set(['small', 'large', '模型']))
    const plot = parallelPlot(study)
    const lines = (plotVegaLite(plot) as unknown as Layers).layer[1]?.data.values ?? []
    expect(lines.map(({ place }) => place === null)).toContain(true)
    expect(lines).toHaveLength(plot.lines.length * plot.axes.length)
    const isPlace = (place: unknown) => place === null || (typeof place === 'number' && place >= 0 && place <= 1)
    expect(
      lines.every(({ axis, place, trial }) => {
        const at = plot.lines.find((line) => line.trial === trial)?.at[axis as number]
        return isPlace(place) && (at === null) === (place === null)
      }),
    ).toBe(true)
  })

  test('takes names of variables as data, whatever they are', async () => {
    const evil = "datum['x']; <script>alert(1)</script> \\' signal"
    const plot = importancePlot([{ variable: evil, value: 1 }], { objective: evil })
    expect(warningsOf(plotVegaLite(plot)).said).toEqual([])
    expect(await svgOf(plotVegaLite(plot))).not.toContain('<script>')
  })

  test('takes a size within its limits, and refuses what is no plot', () => {
    expect(plotVegaLite(historyPlot(study), { width: 50, height: 4_000 })).toMatchObject({ width: 50, height: 4_000 })
    expect(() => plotVegaLite(historyPlot(study), { width: 49 })).toThrow('width: expected an integer from 50 to 4000')
    expect(() => plotVegaLite(historyPlot(study), { height: 4_001 })).toThrow('got 4001')
    expect(() => plotVegaLite(historyPlot(study), { widht: 100 } as never)).toThrow('did you mean "width"?')
    expect(() => plotVegaLite({} as never)).toThrow('plot: version: expected 1, got nothing')
    expect(() => plotVegaLite({ version: 1, type: 'history' } as never)).toThrow('expected panels')
  })
})
