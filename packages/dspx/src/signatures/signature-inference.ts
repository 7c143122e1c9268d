/**
 * The types in a signature string, read by the compiler: `'text -> team: "a" | "b", urgent: boolean'` gives
 * `{ text: string }` and `{ team: 'a' | 'b'; urgent: boolean }`. The same grammar as `signature-text.ts`; quoted values
 * may hold commas, colons and arrows.
 */

import type { Values } from './signature.ts'

/** The inputs of a signature string. */
export type InputsOfText<Text extends string> = string extends Text ? Values : Shape<Parsed<Text>[0]>

/** The outputs of a signature string. */
export type OutputsOfText<Text extends string> = string extends Text ? Values : Shape<Parsed<Text>[1]>

type Entry = { readonly name: string; readonly type: unknown; readonly optional: boolean }
type Parsed<Text extends string> = Sides<Text, [], []>

/** Fields up to the arrow, then fields up to the end. `Rest` starts at a field name. */
type Sides<Rest extends string, Inputs extends Entry[], Done extends Entry[]> =
  FieldAt<Rest> extends [infer Field extends Entry, infer After extends string]
    ? After extends `,${infer Next}`
      ? Sides<Next, Inputs, [...Done, Field]>
      : After extends `->${infer Next}`
        ? Sides<Next, [...Done, Field], []>
        : [Inputs, [...Done, Field]]
    : [[], []]

/** One field and what follows it, from its separator on. */
type FieldAt<Text extends string> =
  Word<Text> extends [infer Head extends string, infer After extends string]
    ? Head extends `${infer Name}:${string}`
      ? Text extends `${string}:${infer Typed}`
        ? TypeAt<Trim<Typed>> extends [infer Type, infer Rest]
          ? [Named<Trim<Name>, Type>, Rest]
          : never
        : never
      : [Named<Trim<Head>, string>, After]
    : never

type Named<Name extends string, Type> = Name extends `${infer Plain}?`
  ? { name: Trim<Plain>; type: Type; optional: true }
  : { name: Name; type: Type; optional: false }

/** A type and what follows it: quoted values joined by `|`, or a word. */
type TypeAt<Text extends string> = Text extends `"${string}`
  ? QuotedAt<Text, never>
  : Word<Text> extends [infer Head extends string, infer After]
    ? [WordType<Trim<Head>>, After]
    : never

type QuotedAt<Text extends string, Union> = Text extends `"${infer Value}"${infer Rest}`
  ? Trim<Rest> extends `|${infer Next}`
    ? QuotedAt<Trim<Next>, Union | Value>
    : [Union | Value, Trim<Rest>]
  : [Union, '']

type WordType<Text extends string> = Text extends 'string'
  ? string
  : Text extends 'number'
    ? number
    : Text extends 'boolean'
      ? boolean
      : never

/** The text before the first comma or arrow, and the rest from there on. */
type Word<Text extends string> = Text extends `${infer Head},${infer Tail}`
  ? Head extends `${infer Left}->${infer Right}`
    ? [Left, `->${Right},${Tail}`]
    : [Head, `,${Tail}`]
  : Text extends `${infer Left}->${infer Right}`
    ? [Left, `->${Right}`]
    : [Text, '']

type Trim<Text extends string> = Text extends `${Space}${infer Rest}`
  ? Trim<Rest>
  : Text extends `${infer Rest}${Space}`
    ? Trim<Rest>
    : Text
type Space = ' ' | '\n' | '\t' | '\r'

type Shape<Entries extends Entry[]> = Simplify<
  { [E in Entries[number] as E['optional'] extends true ? never : E['name']]: E['type'] } & {
    [E in Entries[number] as E['optional'] extends true ? E['name'] : never]?: E['type']
  }
>
type Simplify<T> = { [K in keyof T]: T[K] }
