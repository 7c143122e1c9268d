/** Vectors that are kept, each under the digest of its text: what two calls share they embed once. */

import { createHash, type Hash } from 'node:crypto'
import type { KeyedText } from '@mabeam/foundation'
import { type AnswerStore, answerStore } from '../middleware/answer-store.ts'
import type { EmbeddingCall } from './embedding-model.ts'

/** Changes when what goes into a key or into a value changes. */
const version = 1
/** Reads and writes of the store at once. */
const storeCallsMax = 64

/** The vectors of one kind of call: of one model, at one number of dimensions. */
export interface VectorCache {
  /** The kept vectors by place [texts]; holes where none is kept, or what is kept was damaged. */
  read(texts: readonly string[], signal: AbortSignal | undefined): Promise<(number[] | undefined)[]>
  /** Never fails: `fault` says why something was not kept. */
  write(texts: readonly string[], vectors: readonly (readonly number[])[]): Promise<void>
  readonly fault: string | undefined
}

/** `scopedName` says which model this is, `call` how it is asked. */
export function vectorCache(store: KeyedText, scopedName: string, call: EmbeddingCall): VectorCache {
  const kept = answerStore(store)
  const keyOf = textKeys(scopedName, call)
  let fault: string | undefined
  return {
    read: async (texts, signal) => {
      const found: (number[] | undefined)[] = []
      for (let from = 0; from < texts.length; from += storeCallsMax) {
        signal?.throwIfAborted()
        const some = texts.slice(from, from + storeCallsMax).map((text) => kept.get(keyOf(text)))
        for (const value of await Promise.all(some)) found.push(value === undefined ? undefined : vectorOf(value))
      }
      return found
    },
    write: async (texts, vectors) => {
      for (let from = 0; from < texts.length; from += storeCallsMax) {
        const some = texts.slice(from, from + storeCallsMax)
        await Promise.all(some.map((text, at) => keep(kept, keyOf(text), vectors[from + at] ?? [])))
        fault ??= kept.fault
      }
    },
    get fault() {
      return fault
    },
  }
}

function keep(store: AnswerStore, key: string, vector: readonly number[]): Promise<void> {
  const bytes = Buffer.from(Float64Array.from(vector).buffer)
  return store.set(key, JSON.stringify({ version, vector: bytes.toString('base64') }))
}

/** Numbers as they came, to the last bit; `undefined` for a value that is none of ours. */
function vectorOf(text: string): number[] | undefined {
  try {
    const kept = JSON.parse(text) as { readonly version?: unknown; readonly vector?: unknown }
    if (kept?.version !== version || typeof kept.vector !== 'string') return undefined
    const bytes = Buffer.from(kept.vector, 'base64')
    if (bytes.length === 0 || bytes.length % 8 !== 0) return undefined
    const vector = Array.from({ length: bytes.length / 8 }, (_, at) => bytes.readDoubleLE(at * 8))
    return vector.every(Number.isFinite) ? vector : undefined
  } catch {
    return undefined
  }
}

/** The key of a whole call: model, how it is asked, and all its texts in order. */
export function callKeyOfTexts(modelId: string, call: EmbeddingCall): string {
  return begunKey(modelId, call).update(JSON.stringify(call.values)).digest('hex')
}

function textKeys(scopedName: string, call: EmbeddingCall): (text: string) => string {
  const begun = begunKey(scopedName, call)
  return (text) => begun.copy().update(text).digest('hex')
}

function begunKey(name: string, { dimensions, providerOptions }: EmbeddingCall): Hash {
  const { mabeam: _, ...others } = providerOptions ?? {}
  const kind = JSON.stringify([name, dimensions ?? null, others])
  return createHash('sha256').update(`mabeam-embedding/${version}\n${kind}\n`)
}
