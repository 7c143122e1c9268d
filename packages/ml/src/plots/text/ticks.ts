/** Numbers beside an axis: round ones, few enough to be read. */

import { placeOn } from '../axis.ts'
import type { Axis } from '../plot.ts'
import { fitted, printable } from './text-width.ts'

export interface Tick {
  /** 0 to 1 along the axis. */
  readonly place: number
  readonly label: string
}

/** A number as a person would write it down. @example numberText(0.123456) // => '0.1235' */
export function numberText(value: number, digits = 4): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  const rounded = Number(value.toPrecision(digits))
  if (size < 1e6 && size >= 1e-4) return String(rounded)
  // The largest number, rounded, is none.
  const exponential = Number.isFinite(rounded) ? rounded.toExponential() : value.toExponential(digits - 1)
  return exponential.replace('e+', 'e')
}

/** Up to `most` ticks: the categories, powers of ten, or multiples of 1, 2 or 5 of one. Labels are at most `columns` wide. */
export function ticksOf(axis: Axis, most: number, columns: number): Tick[] {
  if (axis.scale === 'category') return categoryTicks(axis.categories, most, columns)
  const [low, high] = axis.domain
  const values = axis.scale === 'log' ? powers(low, high, most) : multiples(low, high, most)
  const digits = Math.min(12, Math.max(4, digitsFor(values)))
  return values.map((value) => ({ place: placeOn(axis, value), label: fitted(numberText(value, digits), columns) }))
}

function categoryTicks(categories: readonly string[], most: number, columns: number): Tick[] {
  const step = Math.max(1, Math.ceil(categories.length / Math.max(1, most)))
  return categories.flatMap((name, i) =>
    i % step === 0 ? [{ place: (i + 0.5) / categories.length, label: fitted(printable(name), columns) }] : [],
  )
}

/** Of the steps that give at most `most` values the smallest; one that is finer where they give only one. */
function multiples(low: number, high: number, most: number): number[] {
  const rough = (2 * (high / 2 - low / 2)) / Math.max(1, most)
  if (!Number.isFinite(rough) || rough < 1e-300) return [low, high]
  const power = 10 ** Math.floor(Math.log10(rough))
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10].map((one) => one * power)
  const lists = steps
    .map((step) => multiplesOf(step, { low, high, most: most + 1 }))
    .filter(({ length }) => length >= 2)
  return lists.find(({ length }) => length <= most) ?? lists.at(-1) ?? [low, high]
}

function multiplesOf(
  step: number,
  { low, high, most }: { readonly low: number; readonly high: number; readonly most: number },
): number[] {
  const values: number[] = []
  const first = Math.ceil(low / step - 1e-9)
  for (let k = 0; values.length < most; k++) {
    const value = Number(((first + k) * step).toPrecision(12))
    if (!(value <= high + step * 1e-9)) break
    values.push(value)
  }
  return values
}

function powers(low: number, high: number, most: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)]
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, most)))
  const values: number[] = []
  for (let power = first; power <= last; power += step) values.push(Number(`1e${power}`))
  return values.length >= 2 ? values : [low, high]
}

/** Enough of them that neighbours differ. */
function digitsFor(values: readonly number[]): number {
  const [first, second] = values as [number, number | undefined]
  if (second === undefined) return 4
  // Halved, because they may be further apart than the largest number.
  const size = Math.max(...values.map((value) => Math.abs(value / 2)))
  const digits = Math.ceil(Math.log10(size / Math.abs(second / 2 - first / 2))) + 1
  return Number.isFinite(digits) ? digits : 12
}
