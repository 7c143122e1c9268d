/** Whether something is a signature at all: what callers without a compiler may hand over. */

import { invalidSignature } from './errors.ts'
import type { Signature } from './signature.ts'

/** Throws `dspx/invalid-signature` in the name of `owner` for what is none. */
export function checkSignature(owner: string, asked: unknown): asserts asked is Signature {
  const { inputs, outputs } = (asked ?? {}) as Partial<Signature>
  if (Array.isArray(inputs) && Array.isArray(outputs)) return
  throw invalidSignature(owner, 'text such as "question -> answer", or what signature(…) gives', asked)
}
