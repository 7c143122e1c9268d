/**
 * Who gets a key: highest random weight hashing. Every node computes the same order from the same candidates, and when one
 * joins or leaves, only the keys that it gets or had move.
 *
 * Source: Thaler & Ravishankar, IEEE/ACM Trans. Networking 6(1), 1998. Weights: Schindelhauer & Schomaker, SPAA 2005. Differs: none.
 */

export interface Candidate {
  readonly name: string
  /** Share relative to the others. @default 1 */
  readonly weight?: number
}

/**
 * The candidates in order of their right to `key`, the first owning it. Equal names count once.
 *
 * Throws: `RangeError` for a weight that is not above 0.
 * @example rendezvousOrder('orders.17', [{ name: 'n1' }, { name: 'n2' }])[0] // the owner
 */
export function rendezvousOrder(key: string, candidates: readonly Candidate[]): readonly string[] {
  const scores = new Map<string, number>()
  for (const { name, weight = 1 } of candidates) {
    if (!(weight > 0)) throw new RangeError(`weight of ${name}: expected a number > 0, got ${weight}`)
    scores.set(name, score(key, name) * weight)
  }
  return [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name)
}

/** The owner alone: undefined when there are no candidates. */
export function rendezvousOwner(key: string, candidates: readonly string[]): string | undefined {
  let owner: string | undefined
  let best = Number.NEGATIVE_INFINITY
  for (const name of candidates) {
    const own = score(key, name)
    if (own > best || (own === best && owner !== undefined && name < owner)) {
      owner = name
      best = own
    }
  }
  return owner
}

/** Which of `shards` a key belongs to. */
export function shardOf(key: string, shards: number): number {
  return hash(key, 0x2545f491) % shards
}

/** Exponential with rate 1, from the hash of both: -1/ln(u), which weights multiply. */
function score(key: string, name: string): number {
  // 52 bits from two hashes, in (0, 1).
  const high = hash(`${name}\u0000${key}`, 0x9e3779b9)
  const low = hash(`${key}\u0000${name}`, 0x85ebca6b) >>> 12
  const uniform = (high * 0x100000 + low + 0.5) / 0x10000000000000
  return -1 / Math.log(uniform)
}

/** FNV-1a over UTF-16 units with murmur3's finaliser: even enough, and the same on every machine. */
function hash(text: string, seed: number): number {
  let state = (seed ^ 0x811c9dc5) >>> 0
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35)
  return (state ^ (state >>> 16)) >>> 0
}
