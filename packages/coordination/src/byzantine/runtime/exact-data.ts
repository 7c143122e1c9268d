/** Data of which a codec gives back nothing but a copy: what need not be read again by whoever has just written it. */

/** Parts that are looked at; larger things are read again, which is no great loss for them. */
const partsMax = 64

/**
 * Whether a codec gives it back the same: texts, numbers and the like in plain lists and records. False where it might not: a text of half
 * characters, -0, `undefined`, and all that is neither list nor record.
 *
 * @example isExactData({ option: 'a', confidence: 0.5 }) // => true
 */
export function isExactData(value: unknown): boolean {
  return partsOf(value, partsMax) > 0
}

/** What is left of the parts; nothing where there were too many, or one that is not exact. */
function partsOf(value: unknown, parts: number): number {
  const left = parts - 1
  if (left <= 0) return 0
  if (typeof value === 'string') return value.isWellFormed() ? left : 0
  if (typeof value === 'number') return Object.is(value, -0) ? 0 : left
  if (typeof value === 'boolean' || value === null) return left
  if (typeof value !== 'object') return 0
  let rest = left
  if (Array.isArray(value)) {
    // By number: what is missing in a list is `undefined`.
    for (let at = 0; at < value.length && rest > 0; at++) rest = partsOf(value[at], rest)
    return rest
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return 0
  for (const [key, one] of Object.entries(value)) {
    rest = key.isWellFormed() && key !== '__proto__' ? partsOf(one, rest) : 0
    if (rest === 0) return 0
  }
  return rest
}
