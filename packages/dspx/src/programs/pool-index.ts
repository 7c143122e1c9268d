/**
 * Indexes of pools of demonstrations. A pool that comes again is known by its list, and one that comes as a copy (each candidate of
 * a search has a list of its own) by what it holds, so that it is read once.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { fitTfIdf, indexVectors } from '../text/tf-idf.ts'
import { demoText, inputsReader } from './demo-inputs.ts'

/** What is known of a pool, by the places of its demonstrations. */
export interface PoolIndex {
  /** The inputs of a demonstration as their fields leave them. */
  readonly read: (at: number) => Values
  /** Cosines of a text to the inputs of each. Not to be changed, and true until the next text. */
  readonly nearness: (text: string) => Float64Array
}

/** Pools of one signature whose indexes are kept: the one used longest ago is forgotten first. */
export const poolsKept = 4

/** The index of a pool, remembered by the signature whose inputs it is asked with. */
export function poolIndexOf(asked: Signature, demos: readonly Demo[]): PoolIndex {
  let pools = known.get(asked)
  if (pools === undefined) {
    pools = new KnownPools(asked)
    known.set(asked, pools)
  }
  return pools.indexOf(demos)
}

const known = new WeakMap<Signature, KnownPools>()

interface KnownPool {
  readonly demos: readonly Demo[]
  readonly index: PoolIndex
}

class KnownPools {
  readonly #asked: Signature
  readonly #byList = new WeakMap<readonly Demo[], PoolIndex>()
  #recent: readonly KnownPool[] = []

  constructor(asked: Signature) {
    this.#asked = asked
  }

  indexOf(demos: readonly Demo[]): PoolIndex {
    const index = this.#byList.get(demos)
    if (index !== undefined) return index
    const pool = this.#recent.find((one) => this.#isSame(one.demos, demos)) ?? { demos, index: this.#read(demos) }
    this.#recent = [pool, ...this.#recent.filter((one) => one !== pool)].slice(0, poolsKept)
    this.#byList.set(demos, pool.index)
    return pool.index
  }

  #isSame(one: readonly Demo[], other: readonly Demo[]): boolean {
    if (one.length !== other.length) return false
    return one.every(({ inputs }, at) => {
      const others = (other[at] as Demo).inputs
      return this.#asked.inputs.every(({ name }) => {
        const value = inputs[name]
        return value === others[name] || (typeof value === 'object' && isDeepStrictEqual(value, others[name]))
      })
    })
  }

  #read(demos: readonly Demo[]): PoolIndex {
    const tfIdf = fitTfIdf(demos.map(({ inputs }) => demoText(this.#asked, inputs)))
    const index = indexVectors(tfIdf.fitted, tfIdf.terms)
    return {
      read: inputsReader(this.#asked, demos),
      nearness: (text) => index.similarities(tfIdf.vector(text)),
    }
  }
}
