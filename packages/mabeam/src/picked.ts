/** Some of the keys of an object. */

/**
 * A copy with these keys alone; one that is absent, or says nothing, stays absent.
 *
 * @example picked({ a: 1, b: 2, c: undefined }, ['a', 'c']) // => { a: 1 }
 */
export function picked<T extends object, const K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  const entries = keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]] as const]))
  return Object.fromEntries(entries) as Pick<T, K>
}
