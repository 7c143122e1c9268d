/** How long agents took, by what their nodes say of them, of whom some lie. */

/** The longest that is certain: some of those who say that it took so long or longer do not lie, where `faultyWeight` may. 0 where too few say anything. */
export function believedMs(
  said: readonly { readonly ms: number; readonly weight: number }[],
  faultyWeight: number,
): number {
  let weight = 0
  const believed = said
    .toSorted((a, b) => b.ms - a.ms)
    .find((one) => {
      weight += one.weight
      return weight > faultyWeight
    })
  return believed?.ms ?? 0
}
