import { describe, expect, test } from 'vitest'
import type { Authentication, Signer } from './authentication.ts'
import { kernelAuthentication } from './authentications/kernel.ts'
import { macAuthentication } from './authentications/mac.ts'
import { newSigningKeys, sigAuthentication, sigSigner } from './authentications/sig.ts'
import { defineCommittee } from './committee.ts'

interface Opened {
  readonly authentication: Authentication
  readonly signers: readonly Signer[]
}

const places = [0, 1, 2, 3]
const openers: { readonly [mode: string]: () => Opened } = {
  kernel() {
    const authentication = kernelAuthentication()
    return { authentication, signers: places.map((place) => authentication.signer(place)) }
  },
  mac() {
    const authentication = macAuthentication(new Uint8Array(32).fill(5))
    return { authentication, signers: places.map((place) => authentication.signer(place)) }
  },
  sig() {
    const keys = places.map(() => newSigningKeys())
    const committee = defineCommittee(keys.map(({ publicKey }, place) => ({ id: `m${place}`, publicKey })))
    return { authentication: sigAuthentication(committee), signers: keys.map((one, place) => sigSigner(place, one)) }
  },
}

for (const [mode, open] of Object.entries(openers)) {
  describe(`${mode} authentication`, () => {
    const said = Buffer.from('this')

    test('believes a member what it has signed, and nothing else', () => {
      const { authentication, signers } = open()
      for (const place of places) {
        const signature = signers[place]?.sign(said) ?? new Uint8Array()
        expect(authentication.mode).toBe(mode)
        for (const other of places) expect(authentication.verify(other, said, signature)).toBe(other === place)
        expect(authentication.verify(place, Buffer.from('that'), signature)).toBe(false)
      }
    })

    test('believes no signature that was changed, cut, or made up, and never throws', () => {
      const { authentication, signers } = open()
      const signature = signers[0]?.sign(said) ?? new Uint8Array()
      const changed = signature.map((byte) => byte ^ 1)
      for (const bad of [changed, signature.slice(1), new Uint8Array(), new Uint8Array(64), new Uint8Array(1_000)]) {
        expect(authentication.verify(0, said, bad)).toBe(false)
      }
      expect(authentication.verify(99, said, signature)).toBe(false)
      expect(authentication.verify(-1, said, signature)).toBe(false)
    })

    test('knows nothing of what another one has signed', () => {
      const [one, other] = [open(), open()]
      const signature = one.signers[0]?.sign(said) ?? new Uint8Array()
      // A key that is shared is one authentication, wherever it is opened.
      expect(other.authentication.verify(0, said, signature)).toBe(mode === 'mac')
    })
  })
}

test('a shared key has 32 bytes or more', () => {
  expect(macAuthentication(new Uint8Array(32)).mode).toBe('mac')
  expect(() => macAuthentication(new Uint8Array(31))).toThrow('expected at least 32 bytes, got 31')
})

test('a member without a key is refused where keys are needed, by name', () => {
  const committee = defineCommittee(places.map((place) => ({ id: `m${place}` })))
  expect(() => sigAuthentication(committee)).toThrow('"m0": expected a public key')
})
