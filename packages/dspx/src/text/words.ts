/** Words of a text, the way all text statistics of this package count them. */

/**
 * Runs of letters, digits and inner apostrophes, in lower case and Unicode form NFKC.
 *
 * @example words("I'm charged TWICE!") // => ["i'm", 'charged', 'twice']
 */
export function words(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*/gu) ?? []
  )
}

/**
 * Words and, up to `sizeMax`, phrases of neighbouring words.
 *
 * @example wordNgrams('charged twice today', 2) // => ['charged', 'twice', 'today', 'charged twice', 'twice today']
 */
export function wordNgrams(text: string, sizeMax: number): string[] {
  const tokens = words(text)
  const out = [...tokens]
  for (let size = 2, phrases = tokens; size <= sizeMax; size++) {
    phrases = tokens.slice(size - 1).map((last, start) => `${phrases[start]} ${last}`)
    for (const phrase of phrases) out.push(phrase)
  }
  return out
}
