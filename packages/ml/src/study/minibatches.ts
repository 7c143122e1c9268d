/** Paired minibatches: every trial of a study is judged by the same examples in the same order, so that trials are compared example by example. */

import { checkOptions, rule, seededRandom } from '@mabeam/foundation'

/** An example and its place in the list it comes from, which is the `step` to report its score by. */
export interface PairedExample<E> {
  readonly index: number
  readonly example: E
}

/** How examples are dealt out. */
export interface MinibatchOptions {
  /** Examples of each minibatch; the last one may have fewer. */
  readonly size: number
  /** The same seed and number of examples give the same order. */
  readonly seed: number
}

/**
 * All examples, each once, in an order drawn by the seed and cut into minibatches. What trials have in common are the first
 * minibatches that both came to; pairing holds as long as the list stays the same.
 *
 * Throws: `foundation/invalid-option`.
 * @example minibatchesOf(['a', 'b', 'c'], { size: 2, seed: 1 }) // => 2 minibatches, of 2 and of 1
 */
export function minibatchesOf<E>(examples: readonly E[], { size, seed }: MinibatchOptions): PairedExample<E>[][] {
  checkOptions('minibatches', { examples, size }, { examples: rule.array(), size: rule.int(1) })
  const order = seededRandom(seed)
    .fork('minibatches')
    .shuffle([...examples.keys()])
  const batches: PairedExample<E>[][] = []
  for (let from = 0; from < order.length; from += size) {
    batches.push(order.slice(from, from + size).map((index) => ({ index, example: examples[index] as E })))
  }
  return batches
}
