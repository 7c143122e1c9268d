/**
 * Plots as data: what to draw, not how. Plain JSON, so that a terminal, a page and a notebook draw the same. `plotText` is for the
 * terminal, `plotVegaLite` for the web.
 */

import { unreadable } from '../errors.ts'

/** Any plot. `type` says which function made it, and so what is in it. */
export type Plot = ChartPlot | ParallelPlot

export type ChartType = 'history' | 'hypervolume' | 'front' | 'importance' | 'slice' | 'contour' | 'edf' | 'timeline'

/** The version of this form; a reader refuses one that it doesn't know. */
export const plotVersion = 1

interface AnyPlot {
  readonly version: typeof plotVersion
  readonly title: string
  /** What the picture doesn't show and a reader should know: what was left out, and why. Sentences. */
  readonly notes: readonly string[]
}

/** One picture, or several side by side, each with an x and a y axis. */
export interface ChartPlot extends AnyPlot {
  readonly type: ChartType
  readonly panels: readonly Panel[]
}

/** An axis for each variable and objective, and a line through them for each trial. */
export interface ParallelPlot extends AnyPlot {
  readonly type: 'parallel'
  readonly axes: readonly Axis[]
  /** Of `value` of the lines. */
  readonly colour: NumberAxis
  readonly lines: readonly ParallelLine[]
}

export interface ParallelLine {
  readonly trial: number
  readonly role: SeriesRole
  /** A number or an index of a category for each axis; null where the trial has none. */
  readonly at: readonly (number | null)[]
  readonly value: number | null
}

export type Axis = NumberAxis | CategoryAxis

export interface NumberAxis {
  readonly name: string
  readonly unit?: string
  readonly scale: 'linear' | 'log'
  /** What it runs from and to; low below high, both above 0 where it is logarithmic. */
  readonly domain: readonly [low: number, high: number]
  /** Which end is the good one, for an objective. */
  readonly better?: 'larger' | 'smaller'
}

/** Values on it are indices into `categories`. */
export interface CategoryAxis {
  readonly name: string
  readonly unit?: string
  readonly scale: 'category'
  /** Labels that differ. */
  readonly categories: readonly string[]
}

export interface Panel {
  readonly title?: string
  readonly x: Axis
  readonly y: Axis
  /** Of `value` of the series that have it. */
  readonly colour?: NumberAxis
  /** In the order of drawing: what comes last is on top. */
  readonly series: readonly Series[]
}

/**
 * What a series is about, from which a drawing takes colour and sign: trials that are complete and within the limits (`measured`),
 * complete ones beyond them, those that failed or were pruned; the best of them, their front, what a model expects; or plain values.
 */
export type SeriesRole = 'measured' | 'beyond-limit' | 'failed' | 'pruned' | 'best' | 'front' | 'expected' | 'value'

/**
 * Marks: `points`; a `line` from point to point; `steps` that hold a value to the next point; `bars` from 0 to x at the category y;
 * `cells` from (x, y) to (x2, y2); `spans` from x to x2 at the category y.
 */
export interface Series {
  readonly name: string
  readonly role: SeriesRole
  readonly mark: 'points' | 'line' | 'steps' | 'bars' | 'cells' | 'spans'
  /** Columns are equally long; null where there is nothing. A failed or pruned point without y is drawn on the lower edge. */
  readonly x: readonly (number | null)[]
  readonly y: readonly (number | null)[]
  readonly x2?: readonly (number | null)[]
  readonly y2?: readonly (number | null)[]
  /** Intervals of points, to be drawn as lines through them: null where a point has none. */
  readonly xLow?: readonly (number | null)[]
  readonly xHigh?: readonly (number | null)[]
  readonly yLow?: readonly (number | null)[]
  readonly yHigh?: readonly (number | null)[]
  /** For the colour. */
  readonly value?: readonly (number | null)[]
  /** Numbers of the trials that the points are of. */
  readonly trials?: readonly number[]
}

/** Throws: `ml/unreadable` for what is no plot of this version, such as one that was read from a file. */
export function checkPlot(plot: Plot): void {
  const { version, type, panels, axes, lines } = (plot ?? {}) as Partial<ChartPlot> &
    Partial<Omit<ParallelPlot, 'type'>>
  if (version !== plotVersion) throw unreadable('plot: version', String(plotVersion), version)
  const isWhole = (type as string) === 'parallel' ? Array.isArray(axes) && Array.isArray(lines) : Array.isArray(panels)
  if (!isWhole) throw unreadable('plot', 'panels, or axes and lines of a parallel one', type)
}
