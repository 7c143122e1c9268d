/** Losses on a common scale: 0 the best of a front in an objective, 1 its worst. */

export interface LossRange {
  /** The best of each objective. */
  readonly ideal: readonly number[]
  /** The worst of each objective among the same points. */
  readonly nadir: readonly number[]
}

/** The range of points. Requires: at least one point, finite. */
export function rangeOf(losses: readonly (readonly number[])[]): LossRange {
  const first = losses[0] as readonly number[]
  const ends = (pick: (a: number, b: number) => number) =>
    first.map((start, m) => losses.reduce((end, point) => pick(end, point[m] as number), start))
  return { ideal: ends(Math.min), nadir: ends(Math.max) }
}

/** Losses scaled to a range; an objective that does not vary is 0. */
export function normalise(losses: readonly number[], { ideal, nadir }: LossRange): number[] {
  return losses.map((loss, m) => {
    const spread = (nadir[m] as number) - (ideal[m] as number)
    return spread > 0 ? (loss - (ideal[m] as number)) / spread : 0
  })
}
