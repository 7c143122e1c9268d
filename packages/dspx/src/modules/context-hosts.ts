/** What code may do with a long text that stands outside of the prompt: look at a part, search, ask about a part, submit. */

import type { Json } from '@mabeam/foundation'
import type { HostFunction } from '../sandbox/host-calls.ts'
import type { Signature, Values } from '../signatures/signature.ts'
import { codeOutputs } from './code-outputs.ts'

/** The most characters of one look. */
export const peekCharsMax = 20_000
/** The most places that one search gives. */
export const searchHitsMax = 100
/** The characters before and after a place that was found. */
const aroundChars = 100

/** What the functions belong to. */
export interface ContextHostsOptions {
  readonly signature: Signature
  readonly text: string
  /** Asks about a part. Throws what code is told. */
  readonly ask: (question: string, part: string) => Promise<string>
  readonly submit: (outputs: Values) => void
}

/** By the names under which {@link contextManual} tells of them. */
export function contextHosts({ signature, text, ask, submit }: ContextHostsOptions): { [name: string]: HostFunction } {
  return {
    peek: ([from, to]) => peek(text, from, to),
    search: ([phrase, max]) => search(text, phrase, max),
    ask: ([question, part]) => {
      if (typeof question !== 'string' || typeof part !== 'string')
        throw new Error('expected two texts: question and part')
      return ask(question, part)
    },
    submit: ([outputs]) => {
      const given = codeOutputs(signature, outputs)
      if ('fault' in given) throw new Error(given.fault)
      submit(given.outputs)
      return 'submitted'
    },
  }
}

/** How a model is told of them. */
export const contextManual = `These functions may be called; each gives a promise:
- peek(from, to): the characters of the text from one place to before another, at most ${peekCharsMax}.
- search(phrase, max = 20): where the phrase stands, upper and lower case alike, as [{ at, text }].
- ask(question, part): what another model answers about a part of the text. Parts may be asked about at once, with Promise.all.
- submit(outputs): gives the answer, an object with every output field; after it no more code is run.
The number \`textChars\` is the length of the text. print(value) shows a value; only what is printed, and the value of the last expression, is seen in the next step. What \`var\` declares is kept for the next step.`

function peek(text: string, from: Json | undefined, to: Json | undefined): string {
  const start = placeOf('from', from ?? 0, text)
  const end = placeOf('to', to ?? start + peekCharsMax, text)
  return text.slice(start, Math.min(end, start + peekCharsMax))
}

function placeOf(name: string, value: Json, text: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${name}: expected a place, a number`)
  return Math.min(text.length, Math.max(0, Math.floor(value)))
}

function search(text: string, phrase: Json | undefined, max: Json | undefined): Json {
  if (typeof phrase !== 'string' || phrase === '' || phrase.length > 1_000) {
    throw new Error('phrase: expected text of 1 to 1000 characters')
  }
  const hitsMax = typeof max === 'number' && max >= 1 ? Math.min(max, searchHitsMax) : 20
  // A phrase and no pattern: a pattern that tries all ways would hold up this thread.
  const pattern = new RegExp(phrase.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi')
  const hits: Json[] = []
  for (const { index, 0: found } of text.matchAll(pattern)) {
    const start = Math.max(0, index - aroundChars)
    hits.push({ at: index, text: text.slice(start, index + found.length + aroundChars) })
    if (hits.length >= hitsMax) break
  }
  return hits
}
