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

/**
 * The same of two of many texts, by their places: words are numbered once, so that each pair is a walk along two sorted lists.
 *
 * Ensures: for any two `tokenSimilarity` of their words.
 */
export function tokenLikeness(texts: readonly string[]): (a: number, b: number) => number {
  const numbers = new Map<string, number>()
  const numbered = texts.map((text) => {
    const own = Uint32Array.from(tokensOf(text), (token) => {
      const known = numbers.get(token) ?? numbers.size
      numbers.set(token, known)
      return known
    })
    return own.sort()
  })
  const none = new Uint32Array()
  return (a, b) => likenessOf(numbered[a] ?? none, numbered[b] ?? none)
}

function likenessOf(a: Uint32Array, b: Uint32Array): number {
  if (a.length === 0 && b.length === 0) return 1
  let [shared, at, other] = [0, 0, 0]
  while (at < a.length && other < b.length) {
    const [one, two] = [a[at] as number, b[other] as number]
    if (one === two) shared++
    if (one <= two) at++
    if (two <= one) other++
  }
  return shared / (a.length + b.length - shared)
}
