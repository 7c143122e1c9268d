/** Readers of option values: one grammar for what was expected and what was got. */

import { InvalidArgumentError } from 'commander'

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`expected an integer from ${min} to ${max}, got "${text}"`)
    }
    return value
  }
}

/** A number from `min` to `max`. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !(value >= min && value <= max)) {
      throw new InvalidArgumentError(`expected a number from ${min} to ${max}, got "${text}"`)
    }
    return value
  }
}

const unitsMs: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration such as `90s`, `10m` or `1.5h`, in ms, more than none and at most `maxMs`. */
export function durationMs(maxMs: number): (text: string) => number {
  return (text) => {
    const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
    const value = Math.round(Number(count) * (unitsMs[unit] ?? Number.NaN))
    if (count === '' || !(value > 0 && value <= maxMs)) {
      throw new InvalidArgumentError(`expected a duration such as 90s, 10m or 2h, got "${text}"`)
    }
    return value
  }
}
