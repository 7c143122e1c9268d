/** Draws from the prior: parents first, uniform on each axis, subsets uniform over those of an allowed size. */

import type { Random } from '@mabeam/foundation'
import type { Config } from './config.ts'
import { subsetCounts } from './config-count.ts'
import { type Dimension, isActive } from './dimension.ts'
import type { SizeBound } from './list-scalars.ts'
import type { Scalar } from './variable.ts'

/** A draw that knows no constraint but the sizes of subsets. Requires: dimensions behind those they depend on. */
export function drawFreely(dimensions: readonly Dimension[], sizes: readonly SizeBound[], random: Random): Config {
  const config: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    if (!isActive(dimension, config) || config[dimension.name] !== undefined) continue
    const bound = sizes.find(({ names }) => names[0] === dimension.name)
    if (bound) drawSubset(bound, random, config)
    else config[dimension.name] = dimension.draw(random)
  }
  return config
}

/** A size with the share of its subsets, then items one by one with the chance that is left for each. */
function drawSubset({ names, min, max }: SizeBound, random: Random, config: { [name: string]: Scalar }): void {
  const counts = subsetCounts(names.length).slice(min, max + 1)
  let level = random.next() * counts.reduce((sum, one) => sum + one, 0)
  let size = min
  for (const count of counts) {
    level -= count
    if (level < 0 || size === max) break
    size++
  }
  for (const [i, name] of names.entries()) {
    const isChosen = random.next() * (names.length - i) < size
    config[name] = isChosen
    if (isChosen) size--
  }
}
