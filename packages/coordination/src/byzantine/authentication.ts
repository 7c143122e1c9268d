/**
 * How a member is believed to have said something: the contract. `authentications/` has three of them.
 *
 * | mode | who could forge | a proof convinces | cost |
 * |---|---|---|---|
 * | `kernel` | nobody in this process | whoever trusts this process | next to none |
 * | `mac` | whoever has the key: the nodes among themselves | nobody else | a hash |
 * | `sig` | who has the member's private key | everybody | Ed25519 |
 */

export interface Authentication {
  readonly mode: 'kernel' | 'mac' | 'sig'
  /** Whether a proof can be shown to a third party. */
  readonly transferable: boolean
  /** Whether that member has signed these bytes. Never throws, whatever the signature is. */
  verify(member: number, bytes: Uint8Array, signature: Uint8Array): boolean
}

/** Signs for one member. Whoever has it is that member. */
export interface Signer {
  readonly member: number
  /** The same bytes give a signature of the same worth each time. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Where the secrets of all members are in one hand. */
export interface SharedAuthentication extends Authentication {
  signer(member: number): Signer
}
