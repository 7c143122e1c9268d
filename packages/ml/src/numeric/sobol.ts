/** The Sobol sequence: points that fill the unit cube more evenly than random ones, scrambled so that they are also random. */

import type { Random } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { directionNumbers } from './direction-numbers.ts'
import { normalQuantile } from './normal.ts'

/** How many dimensions have direction numbers of their own. */
export const sobolDimensions = 128
/** The most dimensions of a sequence. */
export const sobolDimensionsMax = 10_000
/** How many points a sequence has. */
export const sobolPointsMax = 2 ** 32

/** Stateless: any point by its index. */
export interface SobolSequence {
  readonly dimensions: number
  /** Coordinates of point `index`, in (0, 1). Shapes: [dimensions]. Throws: `ml/unusable-numbers` for another index than 0 … 2^32-1. */
  point(index: number): Float64Array
}

/**
 * A Sobol sequence, each dimension scrambled by itself with seeds drawn from `random`; not scrambled
 * without it, and then dimensions beyond 128 are of little use.
 *
 * Ensures: of any 2^k points from a multiple of 2^k on, each dimension has one in every interval [i/2^k, (i+1)/2^k).
 * Throws: `ml/unusable-numbers` for less than one or more than 10,000 dimensions.
 * Source: Joe & Kuo, SIAM J. Sci. Comput. 30(5), 2008 (directions); Owen, 1995, nested uniform scrambling in the hashed form of
 * Burley, J. Comput. Graph. Tech. 10(1), 2020. Differs: dimensions beyond 128 reuse the directions of the first ones with the
 * order of points scrambled anew for each 128, as Burley pads, so that pairs across such blocks are only as even as random ones.
 * @example sobolSequence(2, seededRandom(7)).point(0).length // => 2
 */
export function sobolSequence(dimensions: number, random?: Random): SobolSequence {
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > sobolDimensionsMax) {
    throw unusableNumbers('sobolSequence: dimensions', `an integer from 1 to ${sobolDimensionsMax}`, dimensions)
  }
  const directions = directionsOf(Math.min(dimensions, sobolDimensions))
  const word = () => random?.int(2 ** 32) ?? 1
  const seeds = Uint32Array.from({ length: dimensions }, word)
  const blocks = Math.ceil(dimensions / sobolDimensions)
  const orders = Uint32Array.from({ length: blocks }, word)
  return {
    dimensions,
    point(index) {
      if (!Number.isInteger(index) || index < 0 || index >= sobolPointsMax) {
        throw unusableNumbers('sobolSequence: index', `an integer from 0 to ${sobolPointsMax - 1}`, index)
      }
      const point = new Float64Array(dimensions)
      for (let d = 0; d < dimensions; d++) {
        const block = Math.floor(d / sobolDimensions)
        // Aligned runs of 2^k points stay together, so that each block keeps its evenness.
        const at = block === 0 ? index : scrambled(index, orders[block] as number)
        const plain = coordinate(directions[d % sobolDimensions] as Uint32Array, at)
        point[d] = ((random ? scrambled(plain, seeds[d] as number) : plain) + 0.5) / 2 ** 32
      }
      return point
    },
  }
}

/**
 * Standard normals from a scrambled Sobol sequence, for integrals over a few dimensions.
 *
 * Shapes: → [count][dimensions], flat by rows.
 * @example quasiNormals({ count: 128, dimensions: 3 }, seededRandom(7)).length // => 384
 */
export function quasiNormals(
  { count, dimensions }: { readonly count: number; readonly dimensions: number },
  random: Random,
): Float64Array {
  const sequence = sobolSequence(dimensions, random)
  const normals = new Float64Array(count * dimensions)
  for (let i = 0; i < count; i++) {
    for (const [d, u] of sequence.point(i).entries()) normals[i * dimensions + d] = normalQuantile(u)
  }
  return normals
}

/** Shapes: → [dimensions][32], each direction as the bits of a fraction. */
function directionsOf(dimensions: number): Uint32Array[] {
  const first = Uint32Array.from({ length: 32 }, (_, bit) => 2 ** (31 - bit))
  const rows = directionNumbers.split(',').slice(0, dimensions - 1)
  return [first, ...rows.map((row) => directionsFrom(row.trim().split(/\s+/).map(Number)))]
}

function directionsFrom([polynomial = 0, ...initial]: readonly number[]): Uint32Array {
  const degree = initial.length
  const v = new Uint32Array(32)
  for (let bit = 0; bit < 32; bit++) {
    if (bit < degree) {
      v[bit] = (initial[bit] as number) * 2 ** (31 - bit)
      continue
    }
    const oldest = v[bit - degree] as number
    let next = oldest ^ (oldest >>> degree)
    for (let k = 1; k < degree; k++) if ((polynomial >>> (degree - k)) & 1) next ^= v[bit - k] as number
    v[bit] = next
  }
  return v
}

function coordinate(directions: Uint32Array, index: number): number {
  let bits = 0
  let rest = index
  for (let bit = 0; rest > 0; bit++) {
    if (rest & 1) bits ^= directions[bit] as number
    rest >>>= 1
  }
  return bits >>> 0
}

/** Nested uniform scrambling of 32 bits: each bit flips by a hash of the bits above it. */
function scrambled(bits: number, seed: number): number {
  let x = reversed(bits)
  x = (x ^ Math.imul(x, 0x3d20adea)) >>> 0
  x = (x + seed) >>> 0
  x = Math.imul(x, (seed >>> 16) | 1) >>> 0
  x = (x ^ Math.imul(x, 0x05526c56)) >>> 0
  x = (x ^ Math.imul(x, 0x53a22864)) >>> 0
  return reversed(x)
}

function reversed(bits: number): number {
  let x = bits
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return ((x >>> 16) | (x << 16)) >>> 0
}
