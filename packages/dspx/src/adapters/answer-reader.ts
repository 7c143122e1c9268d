/** Reading an answer: whole, or piece by piece as it is written. */

import { checkOptions, rule } from '@mabeam/foundation'
import { answerTooLong } from './errors.ts'

/** The outputs in an answer. */
export interface ReadAnswer {
  readonly outputs: { readonly [name: string]: unknown }
  /**
   * What had to be mended, one sentence each (`team: read "Billing." as "billing"`); empty for an answer exactly in the
   * format. At most `repairsMax` sentences.
   */
  readonly repairs: readonly string[]
}

/** More text of one output field. */
export interface FieldDelta {
  readonly field: string
  readonly text: string
}

/** Reads one answer as it comes. Not to be shared between answers. */
export interface AnswerReader {
  /**
   * Takes the next piece of text, cut anywhere, and gives what is certain by now. The deltas of a field joined are the
   * field's text as the answer holds it (without the format's marks and escapes), however the answer was cut.
   *
   * Throws: `dspx/unparsable-answer` beyond `answerCharsMax`.
   */
  push(text: string): readonly FieldDelta[]
  /** What `parse` of all pieces joined gives. Throws: `dspx/unparsable-answer`. */
  end(): ReadAnswer
}

/** The most characters of an answer that are read. */
export const answerCharsMax = 1_000_000

/** The most sentences about what was mended in one answer. */
export const repairsMax = 20

/**
 * A reader that gives no deltas and reads the whole at its end: for formats that say nothing before they are complete.
 *
 * @example wholeReader('q -> a', (text) => myAdapter.parse(signature, text))
 */
export function wholeReader(owner: string, parse: (text: string) => ReadAnswer): AnswerReader {
  checkOptions('wholeReader', { owner, parse }, { owner: rule.string(), parse: rule.fn() })
  return gatheringReader(owner, parse, () => [])
}

/** A reader that keeps the text, as far as it may grow, and takes its deltas from `scan`. */
export function gatheringReader(
  owner: string,
  parse: (text: string) => ReadAnswer,
  scan: (text: string) => readonly FieldDelta[],
): AnswerReader {
  let whole = ''
  return {
    push: (text) => {
      if (whole.length + text.length > answerCharsMax) {
        throw answerTooLong(owner, answerCharsMax, whole.length + text.length)
      }
      whole += text
      return scan(text)
    },
    end: () => parse(whole),
  }
}
