/** What of a stream has come so far, for the error that tells of its breaking. */

import type { ReceivedStream } from './errors.ts'
import type { StreamPart } from './language-model.ts'
import { isContent } from './model-stream.ts'

/** The most characters of a broken stream that its error holds. */
export const receivedCharsMax = 100_000

/** Counts parts and keeps text. */
export interface ReceivedText {
  add(part: StreamPart): void
  /** Whether any content came. */
  readonly began: boolean
  soFar(): ReceivedStream
}

/** Nothing has come yet. Pieces are joined when somebody asks. */
export function receivedText(): ReceivedText {
  const pieces: string[] = []
  let chars = 0
  let parts = 0
  let began = false
  return {
    add: (part) => {
      parts += 1
      began ||= isContent(part)
      if (part.type !== 'text-delta') return
      if (chars < receivedCharsMax) pieces.push(part.delta)
      chars += part.delta.length
    },
    get began() {
      return began
    },
    soFar: () => ({ text: pieces.join('').slice(0, receivedCharsMax), chars, parts }),
  }
}
