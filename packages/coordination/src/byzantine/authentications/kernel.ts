/** Authentication inside one process, without cryptography: a signature is an object that only this authentication can make. */

import type { SharedAuthentication } from '../authentication.ts'

interface Stamp {
  readonly member: number
  readonly bytes: Uint8Array
}

/**
 * Signatures are empty arrays that are known by identity: nobody else can make one, and none says more than it was made for.
 * They cannot be sent to another process, so this is for agents that share one. Hand each agent its own signer only.
 */
export function kernelAuthentication(): SharedAuthentication {
  const stamps = new WeakMap<Uint8Array, Stamp>()
  return {
    mode: 'kernel',
    transferable: false,
    verify(member, bytes, signature) {
      const stamp = stamps.get(signature)
      return stamp !== undefined && stamp.member === member && Buffer.compare(stamp.bytes, bytes) === 0
    },
    signer: (member) => ({
      member,
      sign(bytes) {
        const signature = new Uint8Array()
        stamps.set(signature, { member, bytes })
        return signature
      },
    }),
  }
}
