/**
 * Configurations as points of the unit cube. Numeric coordinates are places on their axis, unordered ones are indices. A *latent*
 * point has a number for every dimension; an *encoded* one is rounded to steps and has NaN where a dimension is inactive.
 */

import { type Dimension, isActive } from '../../space/dimension.ts'
import type { Config, Space } from '../../space/space.ts'
import type { Scalar } from '../../space/variable.ts'

export interface Encoding {
  readonly dimensions: readonly Dimension[]
  /** 1 where a coordinate is an index. Shapes: [d]. */
  readonly unordered: Uint8Array
  /** Shapes: → [d]. */
  encode(config: Config): Float64Array
  /** The nearest configuration; constraints may refuse it. Shapes: `latent` [d]. */
  decode(latent: Float64Array): Config
  /** A latent point from a point of the open unit cube, uniform where that is uniform. Shapes: [d] → [d]. */
  fromCube(cube: Float64Array): Float64Array
}

/** @example encodingOf(space).encode(space.defaults) */
export function encodingOf({ dimensions }: Pick<Space, 'dimensions'>): Encoding {
  return {
    dimensions,
    unordered: Uint8Array.from(dimensions, ({ kind }) => Number(kind === 'unordered')),
    encode: (config) =>
      Float64Array.from(dimensions, (one) => encodedValue(one, config[one.name] as Scalar | undefined)),
    decode(latent) {
      const config: { [name: string]: Scalar } = {}
      for (const [d, one] of dimensions.entries()) {
        if (isActive(one, config)) config[one.name] = decodedValue(one, latent[d] as number)
      }
      return config as Config
    },
    fromCube: (cube) =>
      Float64Array.from(dimensions, ({ kind, count }, d) => {
        const u = cube[d] as number
        return kind === 'unordered' ? Math.min(count - 1, Math.floor(u * count)) : u
      }),
  }
}

/** An encoded point whose inactive coordinates are those of `latent`. Shapes: [d], [d] → [d]. */
export function completed(encoded: Float64Array, latent: Float64Array): Float64Array {
  return encoded.map((value, d) => (Number.isNaN(value) ? (latent[d] as number) : value))
}

function encodedValue(dimension: Dimension, value: Scalar | undefined): number {
  if (value === undefined) return Number.NaN
  if (dimension.kind === 'unordered') return dimension.indexOf(value)
  return (dimension.coordinate(value) - dimension.low) / (dimension.high - dimension.low)
}

function decodedValue(dimension: Dimension, latent: number): Scalar {
  if (dimension.kind === 'unordered') return dimension.valueAt(latent)
  return dimension.nearest(dimension.low + latent * (dimension.high - dimension.low))
}
