/** One panel as a layered view of Vega-Lite. */

import type { Axis, ChartPlot, NumberAxis, Panel, Series, SeriesRole } from './plot.ts'
import type { VegaJson } from './vega-lite.ts'

type Spec = { readonly [key: string]: VegaJson }

/** Of Okabe & Ito, which people tell apart who don't see all colours. */
const roleColours: { readonly [Role in SeriesRole]: string } = {
  measured: '#0072b2',
  value: '#0072b2',
  'beyond-limit': '#e69f00',
  failed: '#d55e00',
  pruned: '#999999',
  best: '#009e73',
  front: '#009e73',
  expected: '#cc79a7',
}
const seriesColours = [
  '#0072b2',
  '#e69f00',
  '#cc79a7',
  '#009e73',
  '#56b4e9',
  '#d55e00',
  '#f0e442',
  '#999999',
  '#000000',
]

const roleShapes: { readonly [Role in SeriesRole]: string } = {
  measured: 'circle',
  value: 'circle',
  'beyond-limit': 'triangle-up',
  failed: 'cross',
  pruned: 'square',
  best: 'circle',
  front: 'circle',
  expected: 'diamond',
}

/** Layers of the series; a legend where there is more than one. */
export function panelSpec(panel: Panel, { type }: Pick<ChartPlot, 'type'>): Spec {
  const named = panel.series.filter(({ mark, value }) => mark !== 'cells' && value === undefined)
  const isMap = panel.series.some(({ mark }) => mark === 'cells')
  const layer = panel.series.flatMap((series): Spec[] => {
    const encoding = encodingOf(panel, series, colourOf(panel, series, isMap ? [] : named))
    const data = { values: rowsOf(panel, series) }
    return [...intervalSpecs(series, data, encoding), { data, mark: markOf(series, type), encoding }]
  })
  const nothing: Spec = {
    data: { values: [] },
    mark: 'point',
    encoding: { x: positionOf('x', panel.x), y: positionOf('y', panel.y) },
  }
  const isMixed = !isMap && named.length > 0 && named.length < panel.series.length
  return {
    layer: layer.length > 0 ? layer : [nothing],
    ...(isMixed ? { resolve: { scale: { color: 'independent' } } } : {}),
  }
}

/** By its value; by its name among those in the legend; or always the same. */
function colourOf(panel: Panel, series: Series, named: readonly Series[]): Spec {
  if (series.value) return valueColour(panel.colour as NumberAxis, series.value.length)
  const isSame = named.length > 1 && named.every(({ role }) => role === 'value')
  const range = named.map(({ role }, i) => {
    return isSame ? (seriesColours[i % seriesColours.length] as string) : roleColours[role]
  })
  if (named.length < 2) {
    const isOnMap = panel.series.some(({ mark }) => mark === 'cells')
    return { value: isOnMap ? 'white' : roleColours[series.role] }
  }
  const scale = { domain: named.map(({ name }) => name), range }
  return { datum: series.name, type: 'nominal', scale, legend: { title: null, symbolOpacity: 1 } }
}

function valueColour(axis: NumberAxis, count: number): Spec {
  return {
    field: 'value',
    type: 'quantitative',
    title: count > 0 ? axis.name : '',
    scale: { scheme: 'viridis', domain: axis.domain, ...(axis.scale === 'log' ? { type: 'log' } : {}) },
  }
}

const columnNames = ['x', 'y', 'x2', 'y2', 'xLow', 'xHigh', 'yLow', 'yHigh', 'value'] as const

/** One object a point, with fields of our naming. */
function rowsOf({ x, y }: Panel, series: Series): VegaJson[] {
  const columns = columnNames.filter((key) => series[key] !== undefined)
  const axes = { x, y } as { readonly [key: string]: Axis | undefined }
  return series.x.flatMap((_, i) => {
    const row: { [key: string]: VegaJson } = {}
    for (const key of columns) {
      const value = series[key]?.[i] ?? null
      const axis = axes[key]
      row[key] = value !== null && axis?.scale === 'category' ? (axis.categories[value] as string) : value
    }
    if (series.trials) row.trial = series.trials[i] ?? null
    return series.mark === 'cells' && row.value === null ? [] : [row]
  })
}

/** Thin lines below the points, in their colours. */
function intervalSpecs({ xLow, yLow }: Series, data: Spec, encoding: Spec): Spec[] {
  const mark = { type: 'rule', opacity: 0.5 }
  const along = (name: 'x' | 'y'): Spec => ({
    data,
    mark,
    transform: [{ filter: `isValid(datum.${name}Low) && isValid(datum.${name}High)` }],
    encoding: {
      ...encoding,
      [name]: { ...(encoding[name] as Spec), field: `${name}Low` },
      [`${name}2`]: { field: `${name}High` },
    },
  })
  return [...(xLow ? [along('x')] : []), ...(yLow ? [along('y')] : [])]
}

function markOf({ mark, role, x }: Series, type: ChartPlot['type']): VegaJson {
  if (mark === 'points') {
    const isMain = role === 'best' || role === 'front' || role === 'expected'
    const crowd = Math.min(1, Math.max(0.25, 12 / Math.sqrt(x.length + 1)))
    const shape = roleShapes[role]
    if (type === 'contour' && !isMain) {
      return { type: 'point', shape, filled: true, size: 10, opacity: 0.8, tooltip: true }
    }
    const edge = type === 'contour' ? { stroke: 'black', strokeWidth: 1 } : {}
    const [size, opacity] = isMain ? [50, 1] : [30, crowd]
    return { type: 'point', shape, filled: true, size, opacity, tooltip: true, ...edge }
  }
  if (mark === 'line') return { type: 'line' }
  if (mark === 'steps') return { type: 'line', interpolate: 'step-after' }
  if (mark === 'cells') return { type: 'rect', tooltip: true, stroke: null }
  if (mark === 'spans') return { type: 'bar', tooltip: true, stroke: 'white', strokeWidth: 0.5, cornerRadius: 1 }
  return { type: 'bar', tooltip: true }
}

function encodingOf({ x, y }: Panel, series: Series, colour: Spec): Spec {
  const isRange = series.mark === 'cells' || series.mark === 'spans'
  const hasNoHeight = series.mark === 'points' && series.y.every((value) => value === null)
  const second = (key: 'x2' | 'y2', axis: Axis): Spec =>
    isRange && series[key] && axis.scale !== 'category' ? { [key]: { field: key } } : {}
  return {
    x: positionOf('x', x),
    ...second('x2', x),
    // A failed trial has no height of its own: it stands on the lower edge.
    y: hasNoHeight && (series.role === 'failed' || series.role === 'pruned') ? { value: 'height' } : positionOf('y', y),
    ...second('y2', y),
    color: colour,
    ...(series.mark === 'steps' || series.mark === 'line' ? { order: { value: 0 } } : {}),
  }
}

/** Signs of labels that have room beside each other below a panel. */
const uprightMax = 45

function positionOf(field: 'x' | 'y', axis: Axis): Spec {
  if (axis.scale === 'category') {
    const isShort = axis.categories.reduce((sum, one) => sum + one.length + 2, 0) < uprightMax
    const labels: Spec = field === 'x' && isShort ? { axis: { labelAngle: 0 } } : {}
    return { field, type: 'nominal', title: titleOf(axis), scale: { domain: axis.categories }, sort: null, ...labels }
  }
  return {
    field,
    type: 'quantitative',
    title: titleOf(axis),
    scale: { type: axis.scale, domain: axis.domain, nice: false, ...(axis.scale === 'log' ? {} : { zero: false }) },
  }
}

/** The name of an axis, its unit, and which way is better. */
function titleOf(axis: Axis): string {
  const unit = axis.unit === undefined ? '' : ` (${axis.unit})`
  const better = axis.scale === 'category' || axis.better === undefined ? '' : `, ${axis.better} is better`
  return `${axis.name}${unit}${better}`
}
