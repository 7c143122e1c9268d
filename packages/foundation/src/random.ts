/** Randomness as an argument: a seeded generator that forks by name, so that one more draw here changes nothing there. */

/** A stream of random numbers. Not for secrets. */
export interface Random {
  /** Uniform in [0, 1), 32 random bits. */
  next(): number
  /** Uniform integer in [0, below). Requires: an integer `below >= 1`. */
  int(below: number): number
  /** Standard normal. */
  normal(): number
  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent stream that depends only on this stream's seed and `label`, not on draws made so far. */
  fork(label: string | number): Random
}

/**
 * A seeded stream: the same seed gives the same numbers on every machine.
 *
 * Source: sfc32 (Doty-Humphrey, PractRand), seeded through splitmix32. Differs: none.
 * @example seededRandom(7).int(10) // the same digit every time
 */
export function seededRandom(seed: number | string): Random {
  const root = typeof seed === 'number' ? mixNumber(seed) : hashLabel(0x9e3779b9, seed)
  const next = sfc32(root)
  let spare: number | undefined
  const int = (below: number) => Math.floor(next() * below)
  return {
    next,
    int,
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      const angle = 2 * Math.PI * next()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    shuffle<T>(items: readonly T[]): T[] {
      const out = [...items]
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const held = out[i] as T
        out[i] = out[j] as T
        out[j] = held
      }
      return out
    },
    fork: (label) => seededRandom(`${root}/${label}`),
  }
}

function mixNumber(seed: number): number {
  return hashLabel(0x243f6a88, String(seed))
}

/** FNV-1a with a final avalanche (murmur3). */
function hashLabel(start: number, label: string): number {
  let hash = start ^ 0x811c9dc5
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function sfc32(seed: number): () => number {
  let state = seed
  const word = () => {
    state = (state + 0x9e3779b9) | 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) | 0
  }
  let a = word()
  let b = word()
  let c = word()
  let counter = 1
  const next = () => {
    const out = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + out) | 0
    return (out >>> 0) / 4294967296
  }
  for (let i = 0; i < 12; i++) next()
  return next
}
