/**
 * How the local model sees a text: words in lower case, light stems, pairs of neighbours and pieces of words. Each
 * becomes a feature, a string with the letter of its family in front. Pure and the same on every machine.
 */

import type { FeatureSet } from './sizes.ts'

/** A word of a text and where it stands there. */
export interface Word {
  /** Lower case, without apostrophes and accents. */
  readonly form: string
  readonly start: number
  readonly end: number
}

/** The families of features. */
export type Family = 'word' | 'pair' | 'piece'

/** Letters in front of features, by family. */
export const familyPrefix = { word: 'w', pair: 'b', piece: 'c' } as const satisfies { [family in Family]: string }

/**
 * The words of a text in order, with their positions.
 *
 * @example wordsOf("I can't log-in").map((word) => word.form) // => ['i', 'cant', 'log', 'in']
 */
export function wordsOf(text: string): Word[] {
  const words: Word[] = []
  for (const match of text.matchAll(wordPattern)) {
    words.push({ form: normalForm(match[0]), start: match.index, end: match.index + match[0].length })
  }
  return words
}

/** The forms of the words of a text. */
export function formsOf(text: string): string[] {
  return (text.match(wordPattern) ?? []).map(normalForm)
}

/** Words that carry grammar rather than meaning weigh less in every size: a declared list, English only. */
export function isFunctionWord(form: string): boolean {
  return functionWords.has(form)
}

/**
 * A word without its ending: plural, -ed, -ing, -ly and the like. Light on purpose: it never touches words of three
 * letters and keeps at least three.
 *
 * Source: the S-stemmer (Harman, JASIS 42(1), 1991), with four more endings. Differs: shorter list than Porter's.
 * @example stemOf('refunds') === stemOf('refunded') // => true
 */
export function stemOf(form: string): string {
  return form.length < 4 ? form : withoutDoubling(withoutEnding(withoutPlural(form)))
}

/** The features of a word by itself, the whole word first. */
export function wordFeatures(form: string, set: FeatureSet): string[] {
  const features = [familyPrefix.word + (set.stems ? stemOf(form) : form)]
  if (!set.characters || functionWords.has(form)) return features
  const framed = `<${form}>`
  for (let size = 3; size <= 5; size++) {
    for (let i = 0; i + size <= framed.length; i++) features.push(familyPrefix.piece + framed.slice(i, i + size))
  }
  return features
}

/** The feature of two neighbours. */
export function pairFeature(before: string, after: string, set: FeatureSet): string {
  return set.stems ? `${familyPrefix.pair}${stemOf(before)} ${stemOf(after)}` : `${familyPrefix.pair}${before} ${after}`
}

const wordPattern = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu
const endings = ['ingly', 'edly', 'ation', 'ment', 'ness', 'ing', 'ion', 'ed', 'er', 'ly', 'al']

function normalForm(raw: string): string {
  const lower = raw.toLowerCase()
  return /^[a-z0-9]+$/.test(lower) ? lower : lower.normalize('NFKD').replace(/[\u0300-\u036f'’]/g, '')
}

function withoutPlural(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (word.endsWith('sses') || word.endsWith('xes') || word.endsWith('ches') || word.endsWith('shes')) {
    return word.slice(0, -2)
  }
  if (word.endsWith('s') && !word.endsWith('ss') && !word.endsWith('us') && !word.endsWith('is'))
    return word.slice(0, -1)
  return word
}

function withoutEnding(word: string): string {
  for (const ending of endings) {
    if (word.length - ending.length >= 3 && word.endsWith(ending)) return word.slice(0, word.length - ending.length)
  }
  return word
}

/** `cancelled` and `cancel`, `charge` and `charging`: the letter that an ending doubles or takes away. */
function withoutDoubling(word: string): string {
  const last = word.at(-1) as string
  if (last === 'e' && word.length > 3) return word.slice(0, -1)
  const isDoubled = last === word.at(-2) && !'aeious'.includes(last)
  return isDoubled && word.length > (last === 'l' ? 4 : 3) ? word.slice(0, -1) : word
}

const functionWords = new Set(
  (
    'a an the this that these those i me my mine we us our you your he him his she her it its they them their who whom ' +
    'which what where when why how and or but if then than so as of at by for from in into on onto to with without about ' +
    'is am are was were be been being do does did done have has had having will would shall should can could may might ' +
    'must not no nor im ive id ill its dont cant wont isnt thats there here just also too very please some any all'
  ).split(' '),
)
