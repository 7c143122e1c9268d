/** Parallel coordinates as a layered view of Vega-Lite: places from 0 to 1, with the ends of each axis written beside it. */

import { placeOn } from './axis.ts'
import type { Axis, ParallelPlot } from './plot.ts'
import type { PixelSize, VegaJson } from './vega-lite.ts'

type Spec = { readonly [key: string]: VegaJson }

/** Pixels from axis to axis, at least. */
const gapMin = 100

/** A line for each trial, broken where it has no place; the best are drawn last. */
export function parallelSpec({ axes, colour, lines }: ParallelPlot, size: PixelSize): Spec {
  const sign = colour.better === 'larger' ? 1 : -1
  const sorted = [...lines].sort((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)))
  const opacity = Math.min(0.9, Math.max(0.1, 8 / Math.sqrt(lines.length + 1)))
  const labels = axes.map((_, k) => k)
  const x: Spec = {
    field: 'axis',
    type: 'ordinal',
    scale: { type: 'point', domain: labels, padding: 0.3 },
    axis: null,
  }
  const y: Spec = { field: 'place', type: 'quantitative', scale: { domain: [0, 1], nice: false }, axis: null }
  const width = Math.max(size.width, gapMin * axes.length)
  const text = (values: readonly VegaJson[], at: VegaJson, dy: number): Spec => ({
    data: { values },
    mark: { type: 'text', dy, limit: Math.floor(width / Math.max(1, axes.length)) },
    encoding: { x, y: { value: at }, text: { field: 'label' } },
  })
  return {
    width,
    height: size.height,
    view: { stroke: null },
    layer: [
      { data: { values: labels.map((axis) => ({ axis })) }, mark: { type: 'rule', color: '#888' }, encoding: { x } },
      {
        data: {
          values: sorted.flatMap(({ trial, at, value }, order) =>
            axes.map((axis, k) => {
              const place = at[k] ?? null
              return { trial, order, axis: k, value, place: place === null ? null : placeOn(axis, place) }
            }),
          ),
        },
        mark: { type: 'line', opacity, invalid: 'break-paths-show-domains', tooltip: true },
        encoding: {
          x,
          y,
          detail: { field: 'order', type: 'nominal' },
          order: { field: 'axis', type: 'quantitative' },
          color: {
            field: 'value',
            type: 'quantitative',
            title: colour.name,
            scale: { scheme: 'viridis', reverse: colour.better === 'smaller', domain: colour.domain },
          },
        },
      },
      text(endsOf(axes, 1), 0, -8),
      text(endsOf(axes, 0), 'height', 12),
      {
        data: { values: axes.flatMap(categoryLabels) },
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 10, limit: gapMin - 10 },
        encoding: { x, y, text: { field: 'label' } },
      },
      text(
        axes.map((axis, k) => ({
          axis: k,
          label: axis.unit === undefined ? axis.name : `${axis.name} (${axis.unit})`,
        })),
        'height',
        28,
      ),
    ],
  }
}

function endsOf(axes: readonly Axis[], end: 0 | 1): VegaJson[] {
  return axes.flatMap((axis, k) => {
    return axis.scale === 'category' ? [] : [{ axis: k, label: String(Number(axis.domain[end].toPrecision(4))) }]
  })
}

/** Beside each category, as many as have room. */
function categoryLabels(axis: Axis, k: number): VegaJson[] {
  if (axis.scale !== 'category') return []
  const step = Math.ceil(axis.categories.length / categoriesShownMax)
  return axis.categories.flatMap((label, i) => (i % step === 0 ? [{ axis: k, label, place: placeOn(axis, i) }] : []))
}

const categoriesShownMax = 16
