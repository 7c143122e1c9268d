/** A signature string that is refused, with where, what was expected and what stands there. */

import { expect } from 'vitest'
import { signature } from './signature.ts'

export function expectRefusal(
  text: string,
  { position, expected, got }: { readonly position: number; readonly expected: string; readonly got: string },
): void {
  let thrown: unknown
  try {
    signature(text)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'dspx/invalid-signature', data: { position } })
  expect((thrown as Error).message).toContain(expected)
  expect((thrown as Error).message).toContain(got)
}
