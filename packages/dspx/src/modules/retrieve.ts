/** Retrieval: passages for a query, from any function that finds some. */

import { checkOptions, isMabeamError, messageOf, type OptionRule, rule } from '@mabeam/foundation'
import MiniSearch from 'minisearch'
import { Program } from '../programs/program.ts'
import { currentRun } from '../programs/run-context.ts'
import { retrievalFailed } from './errors.ts'

/** Finds passages for a query, the best first. Should stop when the signal aborts. */
export type Search<T = string> = (
  query: string,
  k: number,
  signal?: AbortSignal,
) => readonly T[] | Promise<readonly T[]>

/** Where passages come from. */
export interface RetrieveOptions<T> {
  readonly search: Search<T>
  /** How many passages are wanted, up to `passagesMax`; more than that are cut off. Tuned as the setting `k`. @default 3 */
  readonly k?: number
}

export const retrieveDefaults = { k: 3 } as const

/** The most passages of one retrieval. */
export const passagesMax = 1_000

const kRule = rule.int(1, passagesMax)

/**
 * A program that finds passages: its input is `query`, its output `passages`.
 *
 * Throws: `dspx/retrieval-failed` where the search threw or gave no array; errors of ours pass as they are; `signal.reason`.
 * @example const { passages } = await retrieve({ search: bm25Index(texts), k: 5 }).run({ query: 'refund' })
 */
export function retrieve<T = string>(options: RetrieveOptions<T>): Retrieve<T> {
  return new Retrieve(options)
}

/** See {@link retrieve}. */
export class Retrieve<T = string> extends Program {
  override readonly settings: { readonly k: number }
  readonly search: Search<T>

  constructor(options: RetrieveOptions<T>) {
    super()
    checkOptions('retrieve', options, { search: rule.fn(), k: rule.optional(kRule) })
    this.settings = { k: options.k ?? retrieveDefaults.k }
    this.search = options.search
  }

  async forward({ query }: { readonly query: string }): Promise<{ passages: readonly T[] }> {
    checkOptions('retrieve', { query, k: this.settings.k }, { query: textRule, k: kRule })
    const signal = currentRun()?.signal
    let found: readonly T[]
    try {
      found = await this.search(query, this.settings.k, signal)
    } catch (thrown) {
      signal?.throwIfAborted()
      throw isMabeamError(thrown) ? thrown : retrievalFailed('retrieve', messageOf(thrown), thrown)
    }
    if (!Array.isArray(found)) throw retrievalFailed('retrieve', `expected an array of passages, got ${typeof found}`)
    return { passages: found.slice(0, this.settings.k) }
  }
}

const textRule = { expected: 'text', test: (value: unknown) => typeof value === 'string', optional: false }

/** The rule of texts that are indexed. */
export function textsRule(most: number): OptionRule {
  return {
    expected: `an array of at most ${most} texts`,
    test: (value) => Array.isArray(value) && value.length <= most && value.every((one) => typeof one === 'string'),
    optional: false,
  }
}

/** The most texts of one index in memory. */
export const indexedTextsMax = 1_000_000

/**
 * A search over texts in memory by BM25+, with words in any order; texts without a word of the query are not found.
 *
 * Source: Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009; Lv & Zhai, Lower-Bounding Term
 * Frequency Normalization, CIKM 2011; as MiniSearch does it (k1 1.2, b 0.7, δ 0.5).
 * @example await bm25Index(['refunds take a week', 'the app crashes'])('refund', 1) // => []: words are not stemmed
 */
export function bm25Index(texts: readonly string[]): Search<string> {
  checkOptions('bm25Index', { texts }, { texts: textsRule(indexedTextsMax) })
  const index = new MiniSearch<{ readonly id: number; readonly text: string }>({ fields: ['text'] })
  index.addAll(texts.map((text, id) => ({ id, text })))
  return (query, k) =>
    index
      .search(query)
      .slice(0, k)
      .map(({ id }) => texts[id as number] as string)
}
