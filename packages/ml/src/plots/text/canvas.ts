/** Cells of a terminal to draw into: a sign in each, or up to eight dots. */

import type { Ink, Paint } from './ink.ts'

/** Bits of the braille patterns, by row and column of the dot. */
const dotBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

export class Canvas {
  readonly columns: number
  readonly rows: number
  readonly #dots: Uint8Array
  readonly #signs: (string | undefined)[]
  readonly #inks: (Ink | undefined)[]

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.#dots = new Uint8Array(columns * rows)
    this.#signs = new Array<string | undefined>(columns * rows).fill(undefined)
    this.#inks = new Array<Ink | undefined>(columns * rows).fill(undefined)
  }

  /** A sign at places from 0 to 1, from left to right and from top to bottom; what lies beyond is drawn on the edge. */
  sign(x: number, y: number, [sign, ink]: readonly [string, Ink | undefined]): void {
    this.put(cellAt(x, this.columns), cellAt(y, this.rows), [sign, ink])
  }

  /** A sign in a cell. What is no cell is left out. */
  put(column: number, row: number, [sign, ink]: readonly [string, Ink | undefined]): void {
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return
    this.#signs[row * this.columns + column] = sign
    this.#inks[row * this.columns + column] = ink
  }

  /** A dot at places from 0 to 1. */
  dot(x: number, y: number, ink: Ink | undefined): void {
    this.#dotAt(cellAt(x, 2 * this.columns), cellAt(y, 4 * this.rows), ink)
  }

  /** Dots from place to place. */
  line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], ink: Ink | undefined): void {
    const from = [cellAt(x1, 2 * this.columns), cellAt(y1, 4 * this.rows)] as const
    const to = [cellAt(x2, 2 * this.columns), cellAt(y2, 4 * this.rows)] as const
    const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))
    for (let i = 0; i <= steps; i++) {
      const at = (k: 0 | 1) => Math.round(from[k] + ((to[k] - from[k]) * i) / steps)
      this.#dotAt(at(0), at(1), ink)
    }
  }

  /** One text a row. */
  lines(paint: Paint): string[] {
    return Array.from({ length: this.rows }, (_, row) => {
      let line = ''
      let run = ''
      let ink: Ink | undefined
      for (let column = 0; column < this.columns; column++) {
        const cell = row * this.columns + column
        const sign = this.#signs[cell] ?? brailleOf(this.#dots[cell] as number)
        const next = sign === ' ' ? ink : this.#inks[cell]
        if (next !== ink) {
          line += paint(run, ink)
          run = ''
          ink = next
        }
        run += sign
      }
      return line + paint(run, ink)
    })
  }

  #dotAt(column: number, row: number, ink: Ink | undefined): void {
    const cell = (row >> 2) * this.columns + (column >> 1)
    this.#dots[cell] = (this.#dots[cell] as number) | (dotBits[row & 3]?.[(column & 1) as 0 | 1] as number)
    if (this.#signs[cell] === undefined) this.#inks[cell] = ink
  }
}

function brailleOf(dots: number): string {
  return dots === 0 ? ' ' : String.fromCharCode(0x2800 + dots)
}

/** The cell of a place from 0 to 1. @example cellAt(1, 10) // => 9 */
export function cellAt(place: number, cells: number): number {
  return Math.min(cells - 1, Math.max(0, Math.round(place * (cells - 1))))
}
