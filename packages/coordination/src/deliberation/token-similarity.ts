/**
 * How alike two texts are, by the words they share. It knows nothing of meaning: "cut costs" and "spend less" have nothing in
 * common for it. Where that matters, give a protocol a function of your own, such as one over embeddings.
 */

/** Words of a text beyond these are not looked at. */
export const tokensMax = 2_000

/**
 * The words of a text, each once: runs of letters and digits, in lower case, the first `tokensMax`.
 *
 * @example tokensOf('Ship it, ship IT!') // => new Set(['ship', 'it'])
 */
export function tokensOf(text: string): ReadonlySet<string> {
  const tokens = new Set<string>()
  for (const [token] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}]+/gu)) {
    if (tokens.size >= tokensMax) break
    tokens.add(token)
  }
  return tokens
}

/**
 * Words in both over words in either, from 0 to 1; two without any word are alike.
 *
 * Ensures: symmetric; 1 for a text and itself.  Source: Jaccard, Bull. Soc. Vaud. Sci. Nat. 37, 1901. Differs: none.
 * @example tokenSimilarity(tokensOf('ship it now'), tokensOf('ship it later')) // => 0.5
 */
export function tokenSimilarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  let shared = 0
  for (const token of small) if (large.has(token)) shared++
  return shared / (a.size + b.size - shared)
}
