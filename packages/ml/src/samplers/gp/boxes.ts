/** The part of the objective space that no point of a front dominates, as boxes that do not overlap. */

/** Two or three objectives, smaller is better. Bounds are indices into the sorted coordinates of each objective. */
export interface Boxes {
  /** Per objective, ascending: -Infinity, the coordinates of the front, the reference. */
  readonly levels: readonly Float64Array[]
  /** For each box and objective the positions of its lower and its upper end in `levels`. Shapes: [boxes][2m]. */
  readonly ends: readonly Int32Array[]
}

/**
 * Shapes: `front` [n][m], `reference` [m], m 2 or 3.
 * Requires: no point of the front dominates another, all are below the reference everywhere.
 * Ensures: the boxes cover what is below the reference and not dominated, once; at most 2n + 1 of them.
 * Source: Yang, Emmerich, Deutz & Bäck, J. Global Optim. 75, 2019. Differs: one sweep over strips that are open along the third
 * objective, so that two objectives are the case of a sweep that is over at once.
 * @example boxesOf([[0, 1], [1, 0]], [2, 2]).ends.length // => 3
 */
export function boxesOf(front: readonly (readonly number[])[], reference: readonly number[]): Boxes {
  const levels = reference.map((end, i) =>
    Float64Array.of(
      Number.NEGATIVE_INFINITY,
      ...[...new Set(front.map((point) => point[i] as number))].sort((a, b) => a - b),
      end,
    ),
  )
  const places = levels.map((values) => new Map([...values].map((value, place) => [value, place])))
  const placed = front.map((point) => point.map((value, i) => places[i]?.get(value) as number))
  const [x, y, z] = levels.map((values) => values.length - 1) as [number, number, number | undefined]
  const ends: number[][] = []
  let strips: Strip[] = [{ from: 0, to: x, top: y, since: 0 }]
  if (z === undefined) {
    for (const [px, py] of placed as [number, number][]) strips = cutStrips(strips, { px, py, pz: 0 }, () => {})
    return { levels, ends: strips.map(({ from, to, top }) => Int32Array.of(from, to, 0, top)) }
  }
  const close = ({ from, to, top, since }: Strip, until: number) => {
    if (since < until) ends.push([from, to, 0, top, since, until])
  }
  const sorted = (placed as [number, number, number][]).sort((a, b) => a[2] - b[2])
  for (const [px, py, pz] of sorted) strips = cutStrips(strips, { px, py, pz }, close)
  for (const strip of strips) close(strip, z)
  return { levels, ends: ends.map((one) => Int32Array.from(one)) }
}

/** What is not dominated at one level of the third objective: from x to x, below `top` in y. */
interface Strip {
  readonly from: number
  readonly to: number
  readonly top: number
  /** The level at which it began to be so. */
  readonly since: number
}

/** Strips are in the order of x, their tops falling. */
function cutStrips(
  strips: readonly Strip[],
  { px, py, pz }: { readonly px: number; readonly py: number; readonly pz: number },
  close: (strip: Strip, until: number) => void,
): Strip[] {
  const isCut = ({ to, top }: Strip) => to > px && top > py
  const cut = strips.filter(isCut)
  const [first, last] = [cut[0], cut.at(-1)]
  if (!first || !last) return [...strips]
  for (const strip of cut) close(strip, pz)
  const left = first.from < px ? [{ ...first, to: px, since: pz }] : []
  const lower = { from: Math.max(first.from, px), to: last.to, top: py, since: pz }
  const at = strips.indexOf(first)
  return [...strips.slice(0, at), ...left, lower, ...strips.slice(at + cut.length)]
}
