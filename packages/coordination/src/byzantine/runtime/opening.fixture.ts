/** An opening as hosts send it, for tests of what they do with it. */

import type { Opening } from './opening.ts'

export function openingOf(number: number, more: Partial<Opening> = {}): Opening {
  return {
    version: 1,
    mode: 'sig',
    initiator: 'n2',
    initiatorEpoch: 1,
    number,
    nonce: `${number}`,
    epoch: 0,
    fastPath: true,
    bytesMax: 100,
    viewMs: 10,
    viewMsMax: 100,
    answerMs: 10,
    deadlineMs: 100,
    seats: ['a', 'b', 'c', 'd'].map((id, at) => ({ id, weight: 1, node: `n${at + 1}`, epoch: 1 })),
    question: { type: 'change', value: Buffer.of(number % 256) },
    ...more,
  }
}
