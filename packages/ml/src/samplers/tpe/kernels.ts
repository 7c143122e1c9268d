/**
 * Kernels of a Parzen estimator on one dimension, one per observation and one for the prior. Continuous: truncated
 * normals. Ordered and unordered: tables, because observations on the same value share a kernel, so that the cost of a
 * density grows with the number of values and not with the number of trials.
 */

import type { Random } from '@mabeam/foundation'
import { normalMass } from '../../numeric/normal.ts'
import type { Dimension } from '../../space/dimension.ts'
import type { Scalar } from '../../space/variable.ts'

/** Kernels `0 … size-1`; the last one is the prior. */
export interface Kernels {
  readonly size: number
  /** Adds the log density of `value` under each kernel to `sums`. Shapes: `sums` [size]. */
  addLogDensity(value: Scalar, sums: Float64Array): void
  draw(kernel: number, random: Random): Scalar
}

/** Observations on one dimension: coordinates (indices when unordered) by age, and their positions sorted by coordinate. */
export interface Observations {
  readonly coordinates: Float64Array
  readonly order: Int32Array
}

/**
 * Source: Bergstra et al., NeurIPS 2011; bandwidths and categorical kernels as Watanabe, arXiv:2304.11127, describes them.
 * Differs: an ordered dimension of more than 1,000 linear steps uses the density in place of the mass of a step.
 */
export function kernelsOf(dimension: Dimension, observations: Observations): Kernels {
  if (dimension.kind === 'unordered') return unorderedKernels(dimension, observations)
  const normals = normalsOf(dimension, observations)
  return dimension.kind === 'ordered' && !isFine(dimension)
    ? orderedKernels(dimension, observations, normals)
    : continuousKernels(dimension, normals)
}

/** log √(2π). */
const halfLogTau = 0.9189385332046727

interface Normals {
  readonly means: Float64Array
  readonly deviations: Float64Array
}

/** Enough equal steps that a step is far narrower than the narrowest kernel, a hundredth of the range. */
function isFine(dimension: Dimension): boolean {
  const step = (dimension.high - dimension.low) / dimension.count
  return dimension.count > 1_000 && Math.abs(dimension.edge(0) - dimension.low - step) < step * 1e-6
}

/**
 * A normal at each observation, as wide as the larger gap to its sorted neighbours (the prior's mean counts as one, the
 * ends of the range don't), clipped to [range / min(100, 1 + kernels), range]; then the prior, mid-range and as wide as it.
 */
function normalsOf({ low, high }: Dimension, { coordinates, order }: Observations): Normals {
  const n = coordinates.length
  const range = high - low
  const middle = low + range / 2
  const narrowest = range / Math.min(100, 2 + n)
  const means = new Float64Array(n + 1)
  const deviations = new Float64Array(n + 1)
  means.set(coordinates)
  means[n] = middle
  const at = (i: number) => coordinates[order[i] as number] as number
  let below = Number.NaN
  for (let i = 0; i < n; i++) {
    const here = at(i)
    let above = i + 1 < n ? at(i + 1) : Number.NaN
    if (here <= middle && !(above <= middle)) above = middle
    if (here > middle && !(below > middle)) below = middle
    const gap = Math.max(here - below || 0, above - here || 0)
    deviations[order[i] as number] = Math.min(range, Math.max(narrowest, gap))
    below = here
  }
  deviations[n] = range
  return { means, deviations }
}

function continuousKernels(dimension: Dimension, { means, deviations }: Normals): Kernels {
  const { low, high } = dimension
  const size = means.length
  const constants = new Float64Array(size)
  const inverses = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    const inverse = 1 / (deviations[k] as number)
    inverses[k] = inverse
    const mass = normalMass((low - (means[k] as number)) * inverse, (high - (means[k] as number)) * inverse)
    constants[k] = Math.log(inverse / mass) - halfLogTau
  }
  return {
    size,
    addLogDensity(value, sums) {
      const x = dimension.coordinate(value)
      for (let k = 0; k < size; k++) {
        const z = (x - (means[k] as number)) * (inverses[k] as number)
        sums[k] = (sums[k] as number) + (constants[k] as number) - 0.5 * z * z
      }
    },
    draw: drawNormal(dimension, { means, deviations }),
  }
}

/** By rejection: the mean lies in the range and the deviation is at most the range, so a draw is accepted in one of three. */
function drawNormal(dimension: Dimension, { means, deviations }: Normals): Kernels['draw'] {
  const { low, high } = dimension
  return (kernel, random) => {
    const mean = means[kernel] as number
    const deviation = deviations[kernel] as number
    for (let i = 0; i < 100; i++) {
      const x = mean + deviation * random.normal()
      if (x >= low && x <= high) return dimension.nearest(x)
    }
    return dimension.nearest(mean)
  }
}

/** Kernels that are equal share a class. */
interface Table {
  /** Shapes: [kernels]. */
  readonly classOf: Int32Array
  /** The log mass of a value under each class. */
  column(index: number): Float64Array
}

function tableKernels(dimension: Dimension, { classOf, column }: Table, draw: Kernels['draw']): Kernels {
  const columns = new Map<number, Float64Array>()
  const size = classOf.length
  return {
    size,
    addLogDensity(value, sums) {
      const index = dimension.indexOf(value)
      let masses = columns.get(index)
      if (!masses) {
        masses = column(index)
        columns.set(index, masses)
      }
      for (let k = 0; k < size; k++) sums[k] = (sums[k] as number) + (masses[classOf[k] as number] as number)
    },
    draw,
  }
}

function orderedKernels(dimension: Dimension, { order }: Observations, { means, deviations }: Normals): Kernels {
  const size = means.length
  const classOf = new Int32Array(size)
  const first: number[] = []
  let run: number[] = []
  let runMean = Number.NaN
  const classify = (kernel: number) => {
    if (means[kernel] !== runMean) run = []
    runMean = means[kernel] as number
    let found = run.find((one) => deviations[first[one] as number] === deviations[kernel])
    if (found === undefined) {
      found = first.push(kernel) - 1
      run.push(found)
    }
    classOf[kernel] = found
  }
  for (const kernel of order) classify(kernel)
  classify(size - 1)
  const massBetween = (kernel: number, from: number, to: number) => {
    const mean = means[kernel] as number
    const deviation = deviations[kernel] as number
    return normalMass((from - mean) / deviation, (to - mean) / deviation)
  }
  const totals = first.map((kernel) => massBetween(kernel, dimension.low, dimension.high))
  const column = (index: number) => {
    const from = index === 0 ? dimension.low : dimension.edge(index - 1)
    const to = dimension.edge(index)
    return Float64Array.from(first, (kernel, c) => Math.log(massBetween(kernel, from, to) / (totals[c] as number)))
  }
  return tableKernels(dimension, { classOf, column }, drawNormal(dimension, { means, deviations }))
}

/** Each kernel puts 1 on its value and 1/kernels on every value; the prior is uniform. */
function unorderedKernels(dimension: Dimension, { coordinates }: Observations): Kernels {
  const { count } = dimension
  const size = coordinates.length + 1
  const classOf = new Int32Array(size)
  classOf.set(coordinates)
  classOf[size - 1] = count
  const spread = 1 / size
  const total = 1 + count * spread
  const column = (index: number) => {
    const masses = new Float64Array(count + 1).fill(Math.log(spread / total))
    masses[index] = Math.log((1 + spread) / total)
    masses[count] = -Math.log(count)
    return masses
  }
  const draw: Kernels['draw'] = (kernel, random) => {
    const own = kernel < size - 1 && random.next() * total < 1
    return dimension.valueAt(own ? (classOf[kernel] as number) : random.int(count))
  }
  return tableKernels(dimension, { classOf, column }, draw)
}
