import { expectTypeOf, test } from 'vitest'
import type { Media } from './media.ts'
import { type Signature, signature } from './signature.ts'

// These are checked by tsc: a wrong type fails `npm run check`, not the run of this file.

test('the signature of the guide has its types', () => {
  const made = signature('mail: string -> team: "billing" | "tech" | "sales", urgency: int, reason: string')
  expectTypeOf(made).toEqualTypeOf<
    Signature<{ mail: string }, { team: 'billing' | 'tech' | 'sales'; urgency: number; reason: string }>
  >()
})

test('lists, also of values and of lists, and values in parentheses', () => {
  const made = signature('context: string[], question -> grid: int(0..9)[][], tags: ("a" | "b, c")[ ], one: ( "x" )')
  expectTypeOf(made).toEqualTypeOf<
    Signature<{ context: readonly string[]; question: string }, { grid: number[][]; tags: ('a' | 'b, c')[]; one: 'x' }>
  >()
})

test('objects, with what may be left out in them, and lists of them', () => {
  const made = signature('a -> items: { name: string, amount?: number(0..), kind: "x" | "y" }[], at: { on: date }')
  expectTypeOf(made).toEqualTypeOf<
    Signature<{ a: string }, { items: { name: string; kind: 'x' | 'y'; amount?: number }[]; at: { on: string } }>
  >()
})

test('images, sounds and files', () => {
  const made = signature('photo: image, pages?: file[], call: audio -> caption')
  expectTypeOf(made).toEqualTypeOf<
    Signature<{ photo: Media; call: Media; pages?: readonly Media[] }, { caption: string }>
  >()
})

test('descriptions may hold every mark of the grammar', () => {
  const made = signature(
    `mail: string 'as received, it''s -> raw: {"x"}', lang? 'two letters' -> team: "a" | "b" 'who, then', ok: boolean''`,
  )
  expectTypeOf(made).toEqualTypeOf<Signature<{ mail: string; lang?: string }, { team: 'a' | 'b'; ok: boolean }>>()
})

test('six levels of objects and lists have their types', () => {
  const made = signature('a -> x: { b: { c: { d: { e: { f: int } } } } }, y: { b: { c: { d: string[][] }[] } }')
  expectTypeOf(made).toEqualTypeOf<
    Signature<{ a: string }, { x: { b: { c: { d: { e: { f: number } } } } }; y: { b: { c: { d: string[][] }[] } } }>
  >()
})

test('a long signature has all its types', () => {
  const made = signature(
    'a00: int, a01: int, a02: int, a03: int, a04: int, a05: int, a06: int, a07: int, a08: int, a09: int, a10: int, a11: int, a12: int, a13: int, a14: int, a15: int, a16: int, a17: int, a18: int, a19: int, a20: int, a21: int, a22: int, a23: int, a24: int, a25: int, a26: int, a27: int, a28: int, a29: int, a30: int, a31: int, a32: int, a33: int, a34: int, a35: int, a36: int, a37: int, a38: int, a39: int, a40: int, a41: int, a42: int, a43: int, a44: int, a45: int, a46: int, a47: int, a48: int, a49: int, a_name_that_is_as_long_as_a_name_may_be_which_is_64_characters__: "a value" | "another value" | "a third value that is rather longer than the others are, with commas, and -> arrows" -> z00: string, z01: string, z02: string, z03: string, z04: string, z05: string, z06: string, z07: string, z08: string, z09: string, z10: string, z11: string, z12: string, z13: string, z14: string, z15: string, z16: string, z17: string, z18: string, last: "end"',
  )
  type Made = typeof made
  type Inputs = NonNullable<Made['~types']>['inputs']
  expectTypeOf<Inputs['a49']>().toEqualTypeOf<number>()
  expectTypeOf<NonNullable<Made['~types']>['outputs']['last']>().toEqualTypeOf<'end'>()
})
