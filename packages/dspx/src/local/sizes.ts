/**
 * The three sizes of the local model and what is declared about them. A size differs in what it can see (features and
 * context) and in what it is said to cost. Price and latency are declarations, so that a study has something real to
 * trade accuracy against; they were chosen in the proportions of hosted models and measure nothing.
 */

/** Which features a size reads a text by. */
export interface FeatureSet {
  /** Endings of words are cut, so that "refunds" and "refund" are one. */
  readonly stems: boolean
  /** Pairs of neighbouring words. */
  readonly bigrams: boolean
  /** Pieces of words, three to five characters long: robust to typing errors and to compounds. */
  readonly characters: boolean
  /** Rare words of the prompt weigh more than frequent ones. */
  readonly idf: boolean
}

export type LocalSize = 'nano' | 'small' | 'base'

/** What is declared about one size. */
export interface LocalSizeInfo {
  readonly size: LocalSize
  readonly features: FeatureSet
  /** Tokens of prompt and answer together. Older demonstrations fall out first. */
  readonly contextTokens: number
  /** Declared price in USD for a million tokens. */
  readonly usdPerMillionTokensIn: number
  readonly usdPerMillionTokensOut: number
  /** Declared latency of a call, before the first token. */
  readonly latencyMsPerCall: number
  /** Declared latency of a thousand tokens read. */
  readonly latencyMsPerThousandTokensIn: number
  /** Declared latency of each token written. */
  readonly latencyMsPerTokenOut: number
}

/** Changes whenever an answer or a declared constant does, so that answers kept before are not taken for today's. */
export const localModelVersion = 3

/** The sizes with their declared constants. */
export const localSizes: { readonly [size in LocalSize]: LocalSizeInfo } = {
  nano: {
    size: 'nano',
    features: { stems: false, bigrams: false, characters: false, idf: false },
    contextTokens: 2_048,
    usdPerMillionTokensIn: 0.05,
    usdPerMillionTokensOut: 0.2,
    latencyMsPerCall: 40,
    latencyMsPerThousandTokensIn: 5,
    latencyMsPerTokenOut: 1.5,
  },
  small: {
    size: 'small',
    features: { stems: true, bigrams: true, characters: false, idf: true },
    contextTokens: 8_192,
    usdPerMillionTokensIn: 0.15,
    usdPerMillionTokensOut: 0.6,
    latencyMsPerCall: 90,
    latencyMsPerThousandTokensIn: 15,
    latencyMsPerTokenOut: 4,
  },
  base: {
    size: 'base',
    features: { stems: true, bigrams: true, characters: true, idf: true },
    contextTokens: 32_768,
    usdPerMillionTokensIn: 0.6,
    usdPerMillionTokensOut: 2.4,
    latencyMsPerCall: 180,
    latencyMsPerThousandTokensIn: 40,
    latencyMsPerTokenOut: 10,
  },
}

/** What a call is declared to cost and to take. */
export function declaredUsage(
  info: LocalSizeInfo,
  tokens: { readonly tokensIn: number; readonly tokensOut: number },
): { readonly costUsd: number; readonly latencyMs: number } {
  const { tokensIn, tokensOut } = tokens
  return {
    costUsd: (tokensIn * info.usdPerMillionTokensIn + tokensOut * info.usdPerMillionTokensOut) / 1e6,
    latencyMs: firstTokenMs(info, tokensIn) + tokensOut * info.latencyMsPerTokenOut,
  }
}

/** Declared time until the first token of an answer. */
export function firstTokenMs(info: LocalSizeInfo, tokensIn: number): number {
  return info.latencyMsPerCall + (tokensIn / 1_000) * info.latencyMsPerThousandTokensIn
}
