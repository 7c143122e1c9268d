/** Signatures that were found good, so that each is looked at once: by the object they are in, and by what they say when they come again. */

interface Verified {
  readonly member: number
  readonly bytes: Uint8Array
}

export class VerifiedSignatures {
  readonly #byObject = new WeakMap<Uint8Array, Verified>()
  /** Two generations: what was not asked for while one filled up is forgotten with it. */
  #young = new Map<string, Verified>()
  #old = new Map<string, Verified>()
  readonly #generationMax: number

  /** Remembers at least half and at most all of `signaturesMax` by what they say. */
  constructor(signaturesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(signaturesMax / 2))
  }

  /** Whether that signature of that member under those bytes is known to be good; nothing when it is not known. */
  isGood(member: number, bytes: Uint8Array, signature: Uint8Array): boolean | undefined {
    const known = this.#byObject.get(signature) ?? this.#recalled(signature)
    return known && known.member === member && Buffer.compare(known.bytes, bytes) === 0
  }

  add(member: number, bytes: Uint8Array, signature: Uint8Array): void {
    const verified: Verified = { member, bytes }
    this.#byObject.set(signature, verified)
    // Those of `kernel` say nothing: they are what they are by identity.
    if (signature.length > 0) this.#remember(keyOf(signature), verified)
  }

  #recalled(signature: Uint8Array): Verified | undefined {
    if (signature.length === 0) return undefined
    const key = keyOf(signature)
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.#remember(key, old)
    return old
  }

  #remember(key: string, verified: Verified): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, verified)
  }
}

function keyOf(signature: Uint8Array): string {
  return Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1')
}
