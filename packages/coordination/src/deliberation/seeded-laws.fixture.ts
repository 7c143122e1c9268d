/** Laws of a protocol over drawn worlds, as tests: the right one keeps each of them, and each planted bug breaks one. */

import { describe, expect, test } from 'vitest'

/** What is broken in that world, if something is. */
export type SeededLaw<P> = (protocol: P, seed: number) => Promise<string | undefined>

export interface SeededLaws<P> {
  readonly what: string
  readonly right: P
  readonly laws: { readonly [law: string]: SeededLaw<P> }
  readonly bugs: { readonly [bug: string]: P }
  /** Looked at for each law. */
  readonly worlds: number
}

export function seededLaws<P>({ what, right, laws, bugs, worlds }: SeededLaws<P>): void {
  describe(what, () => {
    for (const [law, holds] of Object.entries(laws)) {
      test(`keeps the law: ${law}`, async () => {
        for (let seed = 0; seed < worlds; seed++) {
          const broken = await holds(right, seed)
          if (broken !== undefined) expect.unreachable(`world ${seed}: ${broken}`)
        }
      })
    }
  })
  describe(`the laws of ${what} find`, () => {
    for (const [bug, protocol] of Object.entries(bugs)) {
      test(bug, async () => {
        for (const [law, holds] of Object.entries(laws)) {
          for (let seed = 0; seed < worlds; seed++) {
            const broken = await holds(protocol, seed).catch((thrown: unknown) => `threw ${thrown}`)
            if (broken === undefined) continue
            console.log(`${bug}: ${law}, world ${seed}: ${broken.slice(0, 100)}`)
            return
          }
        }
        expect.unreachable(`${bug}: not noticed`)
      })
    }
  })
}
