/** Authentication inside one process, without cryptography: a signature is an object that only this authentication can make. */

import type { SharedAuthentication } from '../authentication.ts'

interface Stamp {
  /** One authentication: what another one has stamped is nothing to it. */
  readonly owner: object
  readonly member: number
  readonly bytes: Uint8Array
}

/**
 * Signatures are empty arrays that are known by identity: nobody else can make one, and none says more than it was made for.
 * They cannot be sent to another process, so this is for agents that share one. Hand each agent its own signer only.
 */
export function kernelAuthentication(): SharedAuthentication {
  const owner = {}
  return {
    mode: 'kernel',
    transferable: false,
    verify(member, bytes, signature) {
      const stamp = StampedSignature.stampOf(signature)
      if (stamp === undefined || stamp.owner !== owner || stamp.member !== member) return false
      return stamp.bytes === bytes || Buffer.compare(stamp.bytes, bytes) === 0
    },
    signer: (member) => ({
      member,
      sign: (bytes) => StampedSignature.of({ owner, member, bytes }),
    }),
  }
}

class Itself {
  constructor(given: Uint8Array) {
    // biome-ignore lint/correctness/noConstructorReturn: what extends this adds its private field to what was given.
    return given
  }
}

/**
 * Puts a stamp into an array as a private field, which nobody can read, write or copy but this class; a map of all that was ever stamped would
 * be weak, and cost the collector of garbage more than all the rest of an agreement.
 */
class StampedSignature extends Itself {
  readonly #stamp: Stamp

  private constructor(signature: Uint8Array, stamp: Stamp) {
    super(signature)
    this.#stamp = stamp
  }

  static of(stamp: Stamp): Uint8Array {
    const signature = new Uint8Array()
    new StampedSignature(signature, stamp)
    return signature
  }

  static stampOf(signature: object): Stamp | undefined {
    return #stamp in signature ? signature.#stamp : undefined
  }
}
