/** A text that is the same for equal data: how values of any kind are told apart and counted. */

/** A key longer than this is none, so that no ballot can fill the memory. */
export const valueKeyMax = 65_536

/**
 * Canonical JSON: keys of objects sorted. `undefined` for what is no JSON (functions, bigint, NaN, `undefined`, instances of classes),
 * for cycles and what else is nested deeper than 64, for what takes more than `valueKeyMax` characters, and for what throws when read.
 *
 * @example valueKey({ b: 1, a: [true] }) // => '{"a":[true],"b":1}'
 */
export function valueKey(value: unknown): string | undefined {
  try {
    return written(value, { left: valueKeyMax }, 64)
  } catch {
    // A getter of whoever answered: what can't be read is no value.
    return undefined
  }
}

function written(value: unknown, budget: { left: number }, depth: number): string | undefined {
  if (depth === 0 || budget.left <= 0) return undefined
  const plain = scalar(value)
  if (plain !== undefined) {
    budget.left -= plain.length
    return budget.left < 0 ? undefined : plain
  }
  if (typeof value !== 'object' || value === null) return undefined
  const isList = Array.isArray(value)
  if (!isList && !isPlain(value)) return undefined
  const keys = isList ? value.keys() : Object.keys(value).sort()
  const parts: string[] = []
  for (const key of keys) {
    budget.left -= 2 + (isList ? 0 : String(key).length)
    const part = written(Reflect.get(value, key), budget, depth - 1)
    if (part === undefined) return undefined
    parts.push(isList ? part : `${JSON.stringify(key)}:${part}`)
  }
  return isList ? `[${parts.join()}]` : `{${parts.join()}}`
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function scalar(value: unknown): string | undefined {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : undefined
  if (typeof value === 'string') return value.length > valueKeyMax ? undefined : JSON.stringify(value)
  return undefined
}
