/** Objects with named members, asked of what comes from outside. */

/**
 * Whether a value is an object that is no list.
 *
 * @example [isRecord({}), isRecord([]), isRecord(null)] // => [true, false, false]
 */
export function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
