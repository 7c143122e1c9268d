/** What a claim is of: a place, or what a node says of itself about a placement. */

export type ClaimKind = 'place' | 'offer' | 'refusal'

/** Places are a name, or a name and a number: fewer words than what is said of a placement. */
export function claimKind(key: string): ClaimKind {
  const words = key.split('.')
  if (words[0] === 'offer' && words.length === 3) return 'offer'
  return words[0] === 'refuse' && words.length >= 4 ? 'refusal' : 'place'
}
