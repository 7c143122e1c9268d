/** What must hold of every plot, as sentences about where it doesn't. So that the laws can be shown to find planted faults. */

import { dominates } from '../front/pareto-front.ts'
import { lossesOf } from '../objective.ts'
import type { ChartPlot, Panel, Plot, Series } from './plot.ts'
import { type PlotSource, plotTrials } from './plot-source.ts'
import { textWidth } from './text/text-width.ts'

const columns = ['x', 'y', 'x2', 'y2', 'xLow', 'xHigh', 'yLow', 'yHigh', 'value', 'trials'] as const

/** Faults of any plot. */
export function plotFaults(plot: Plot): string[] {
  const faults = isSameJson(plot) ? [] : ['does not survive JSON']
  if (plot.type === 'parallel') {
    for (const { at, trial } of plot.lines) {
      if (at.length !== plot.axes.length) faults.push(`trial ${trial} has ${at.length} of ${plot.axes.length} places`)
    }
    return faults
  }
  for (const { series, x, y } of plot.panels) {
    for (const axis of [x, y]) {
      if (axis.scale === 'category') {
        if (new Set(axis.categories).size !== axis.categories.length) faults.push(`${axis.name} has a category twice`)
      } else if (!(axis.domain[0] < axis.domain[1]) || !axis.domain.every(Number.isFinite)) {
        faults.push(`${axis.name} runs from ${axis.domain[0]} to ${axis.domain[1]}`)
      }
    }
    for (const one of series) {
      const lengths = columns.flatMap((key) => one[key]?.length ?? [])
      if (new Set(lengths).size !== 1) faults.push(`${one.name} has columns of ${lengths.join(', ')}`)
      for (const key of ['x', 'y', 'xLow', 'xHigh', 'yLow', 'yHigh'] as const) {
        const axis = key.startsWith('x') ? x : y
        const isOn = (value: number | null) =>
          value === null ||
          (axis.scale === 'category'
            ? Number.isInteger(value) && value >= 0 && value < axis.categories.length
            : value >= axis.domain[0] && value <= axis.domain[1])
        if (one.mark !== 'cells' && !(one[key] ?? []).every(isOn)) faults.push(`${one.name} leaves its ${key} axis`)
      }
    }
  }
  return faults
}

/** Faults of what a plot says about its study. */
export function studyFaults(plot: ChartPlot, source: PlotSource): string[] {
  return (
    (checks[plot.type as keyof typeof checks] as ((plot: ChartPlot, source: PlotSource) => string[]) | undefined)?.(
      plot,
      source,
    ) ?? []
  )
}

const checks = {
  history(plot: ChartPlot, source: PlotSource): string[] {
    const points = seriesOf(plot).filter(({ mark }) => mark === 'points')
    const best = seriesOf(plot).find(({ role }) => role === 'best')
    const y = plot.panels[0]?.y
    const sign = y?.scale !== 'category' && y?.better === 'larger' ? 1 : -1
    return [
      ...allTrials(points, source.finished.length),
      ...(best ? [...falls(best.y.map((y) => y && sign * y)), ...allTrials([best], source.finished.length)] : []),
    ]
  },
  hypervolume(plot: ChartPlot, source: PlotSource): string[] {
    const [line] = seriesOf(plot)
    const outside = line?.y.some((y) => y === null || y < 0 || y > 1) ? ['leaves 0 to 1'] : []
    return [...falls(line?.y ?? []), ...outside, ...allTrials(line ? [line] : [], source.finished.length)]
  },
  front(plot: ChartPlot, source: PlotSource): string[] {
    const byNumber = new Map(plotTrials('laws', source).map((one) => [one.number, one]))
    const front = seriesOf(plot).find(({ role }) => role === 'front')
    const losses = (front?.trials ?? []).map((number) => {
      return lossesOf(byNumber.get(number) as { values: Record<string, number> }, source.objectives)
    })
    const beaten = losses.filter((one) => losses.some((other) => dominates(other, one)))
    const complete = [...byNumber.values()].filter(({ role }) => role === 'measured' || role === 'beyond-limit').length
    const shown = seriesOf(plot).filter(({ role }) => role !== 'expected')
    return [...(beaten.length > 0 ? ['a beaten point is on the front'] : []), ...counts(shown, complete)]
  },
  edf(plot: ChartPlot): string[] {
    return seriesOf(plot).flatMap(({ x, y, name }) => {
      const isWhole = x.length === 0 || (y[0] === 0 && y.at(-1) === 1)
      return [...falls(y), ...falls(x), ...(isWhole ? [] : [`${name} does not go from 0 to 1`])]
    })
  },
  contour(plot: ChartPlot, { finished, objectives }: PlotSource): string[] {
    const name = objectives[0]?.name as string
    const values = finished.flatMap((trial) => trial.values[name] ?? []).filter(Number.isFinite)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const cells = seriesOf(plot).find(({ mark }) => mark === 'cells')?.value ?? []
    return cells.every((value) => value === null || (value >= low && value <= high)) ? [] : ['a cell is out of range']
  },
  timeline(plot: ChartPlot, { finished }: PlotSource): string[] {
    const spans = seriesOf(plot).flatMap(({ x, x2, y }) => x.map((from, i) => ({ from, to: x2?.[i], slot: y[i] })))
    const sorted = spans.sort((a, b) => (a.from as number) - (b.from as number) || (a.to as number) - (b.to as number))
    const endOf = new Map<unknown, number>()
    const overlaps = sorted.filter(({ from, to, slot }) => {
      const isEarly = (from as number) < (endOf.get(slot) ?? 0)
      endOf.set(slot, to as number)
      return isEarly
    })
    return [...(overlaps.length > 0 ? ['spans overlap'] : []), ...allTrials(seriesOf(plot), finished.length)]
  },
}

/** Faults of a text: lines that are too wide, controls. */
export function textFaults(text: string, width: number): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
  const plain = text.replaceAll(/\u001b\[[\d;]*m/g, '')
  const wide = plain.split('\n').filter((line) => textWidth(line) > width)
  return [
    ...wide.map((line) => `wider than ${width}: ${line}`),
    ...(/[^\P{Cc}\n]/u.test(plain) ? ['holds a control character'] : []),
    ...(/NaN|undefined|Infinity/.test(plain) ? ['holds what is no text'] : []),
  ]
}

function seriesOf(plot: ChartPlot): Series[] {
  return plot.panels.flatMap(({ series }: Panel) => series)
}

function isSameJson(plot: Plot): boolean {
  return isSame(plot, JSON.parse(JSON.stringify(plot)))
}

/** `toEqual` would take an absent key for undefined, and JSON doesn't know NaN. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) || (a === 0 && b === 0)
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(Reflect.get(a, key), Reflect.get(b, key)))
}

function falls(values: readonly (number | null)[]): string[] {
  const known = values.filter((value) => value !== null)
  return known.some((value, i) => i > 0 && value < (known[i - 1] as number)) ? ['falls'] : []
}

function counts(series: readonly Series[], count: number): string[] {
  const points = series.reduce((sum, { x }) => sum + x.length, 0)
  return points === count ? [] : [`${points} points of ${count} trials`]
}

function allTrials(series: readonly Series[], count: number): string[] {
  const numbers = series.flatMap(({ trials = [] }) => trials)
  return [...counts(series, count), ...(new Set(numbers).size === numbers.length ? [] : ['a trial twice'])]
}
