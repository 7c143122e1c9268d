/** Names for nodes that are started beside others: `node-1`, `node-2`, … as far as they are free. */

/** The first `count` of them that `taken` does not have. */
export function newNames(taken: Iterable<string>, count: number): readonly string[] {
  const known = new Set(taken)
  const names: string[] = []
  for (let number = 1; names.length < count; number++) {
    const name = `node-${number}`
    if (!known.has(name)) names.push(name)
  }
  return names
}
