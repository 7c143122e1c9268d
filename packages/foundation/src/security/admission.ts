/** Which messages one subscription takes: those that are genuine, of now, said for what they are given as, and not heard before. */

import type { EngineMessage } from '../engine/engine.ts'
import { type Frame, type FrameContext, isGenuine, type RefusalReason, readFrame } from './frame.ts'
import { HeardSenders } from './heard-senders.ts'
import type { SystemKeys } from './system-keys.ts'

/** `known`: it came over another way too, as it may, and was taken there. `sender` is '' where nobody knows it. */
export type Verdict =
  | { readonly type: 'taken'; readonly frame: Frame }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly sender: string }
  | { readonly type: 'known' }

/** The frame, said by somebody who has a secret of the system and in just that context; or why it is none. */
export function genuineFrame(keys: SystemKeys, bytes: Uint8Array, context: FrameContext): Frame | RefusalReason {
  const frame = readFrame(bytes)
  if (typeof frame === 'string') return frame
  const key = keys.byId.get(frame.keyId)
  if (key === undefined) return 'unknown-secret'
  return isGenuine(key, context, bytes) ? frame : 'signature'
}

export interface AdmissionOptions {
  /** Whether messages come over several ways, and twice is no news. */
  readonly isRedundant: boolean
  /** When it began, by its node's clock. */
  readonly sinceMs: number
}

/**
 * What the clocks of nodes may differ by. What was said before a subscription began may have been heard by one before it, of an earlier life of
 * its node: it is taken only as far back as that.
 */
export const clockSkewMaxMs = 5_000

/** Ensures: nothing is taken twice, but a redundant request, which may be taken two times. */
export class Admission {
  readonly #keys: SystemKeys
  readonly #isRedundant: boolean
  readonly #sinceMs: number
  readonly #heard: HeardSenders
  /** A redundant request comes twice by design, and the answer to the second may be the one that arrives. */
  readonly #heardAgain: HeardSenders

  constructor(keys: SystemKeys, { isRedundant, sinceMs }: AdmissionOptions) {
    const { ageMaxMs } = keys
    this.#keys = keys
    this.#isRedundant = isRedundant
    this.#sinceMs = sinceMs
    this.#heard = new HeardSenders({ ageMaxMs })
    this.#heardAgain = new HeardSenders({ ageMaxMs })
  }

  /** Only what is genuine is remembered: nobody else makes it forget. */
  judge({ subject, body, isRequest }: Omit<EngineMessage, 'respond'>, nowMs: number): Verdict {
    const frame = this.genuine(body, { subject })
    if (typeof frame === 'string') return { type: 'refused', reason: frame, sender: '' }
    const reason = this.misfit(frame, isRequest) ?? this.misdated(frame, nowMs) ?? this.repeated(frame, nowMs)
    if (reason === undefined) return { type: 'taken', frame }
    if (this.#isRedundant && (reason === 'replayed' || reason === 'overtaken')) return { type: 'known' }
    return { type: 'refused', reason, sender: frame.sender }
  }

  protected genuine(bytes: Uint8Array, context: FrameContext): Frame | RefusalReason {
    return genuineFrame(this.#keys, bytes, context)
  }

  /** What was told is not to be made a question, nor an answer news. */
  protected misfit({ kind }: Frame, isRequest: boolean): RefusalReason | undefined {
    const isFit = isRequest ? kind === 'request' || kind === 'redundant-request' : kind === 'publish'
    return isFit ? undefined : 'malformed'
  }

  protected misdated({ sentMs }: Frame, nowMs: number): RefusalReason | undefined {
    const isFar = Math.abs(nowMs - sentMs) > this.#keys.ageMaxMs
    return isFar || sentMs < this.#sinceMs - clockSkewMaxMs ? 'stale' : undefined
  }

  protected repeated(frame: Frame, nowMs: number): RefusalReason | undefined {
    const first = this.#heard.hear(frame, nowMs)
    if (first === 'heard') return undefined
    const again = frame.kind === 'redundant-request' ? this.#heardAgain.hear(frame, nowMs) : first
    return again === 'heard' ? undefined : again
  }
}
