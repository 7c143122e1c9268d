/**
 * The types in a signature string, read by the compiler: `'text -> team: "a" | "b", tags: string[]'` gives
 * `{ text: string }` and `{ team: 'a' | 'b'; tags: string[] }`. The same grammar as `signature-text.ts` and
 * `type-grammar.ts`; quoted values and descriptions may hold commas, colons, brackets and arrows. What does not follow
 * the grammar is refused when it runs; here it gives no fields, `never`, or a type that nothing fits and that names the word.
 */

import type { Media } from './media.ts'
import type { Values } from './signature.ts'

/** The inputs of a signature string; lists in them are taken read-only, so that any list may be given. */
export type InputsOfText<Text extends string> = string extends Text ? Values : Given<Sides<Text, [], []>[0]>

type Given<T> = T extends Media
  ? T
  : T extends readonly (infer E)[]
    ? readonly Given<E>[]
    : T extends object
      ? { [K in keyof T]: Given<T[K]> }
      : T

/** The outputs of a signature string. */
export type OutputsOfText<Text extends string> = string extends Text ? Values : Sides<Text, [], []>[1]

type Entry = { readonly name: string; readonly type: unknown; readonly optional: boolean }

/** Fields up to the arrow, then fields up to the end. `Rest` starts at a field name. */
type Sides<Rest extends string, Inputs extends Entry[], Done extends Entry[]> =
  FieldAt<Rest> extends [infer Field extends Entry, infer After extends string]
    ? After extends `,${infer Next}`
      ? Sides<Next, Inputs, [...Done, Field]>
      : After extends `->${infer Next}`
        ? Sides<Next, [...Done, Field], []>
        : [Shape<Inputs>, Shape<[...Done, Field]>]
    : [Shape<[]>, Shape<[]>]

/** One field and what follows it: name, `?`, type, description. */
type FieldAt<Text extends string> =
  NameAt<TrimStart<Text>> extends [infer Name extends string, infer After extends string]
    ? TrimStart<After> extends `?${infer Rest}`
      ? TypedAt<TrimStart<Rest>> extends [infer Type, infer Next extends string]
        ? [{ name: Name; type: Type; optional: true }, Described<Next>]
        : never
      : TypedAt<TrimStart<After>> extends [infer Type, infer Next extends string]
        ? [{ name: Name; type: Type; optional: false }, Described<Next>]
        : never
    : never

/** The type after a colon; text where there is none. */
type TypedAt<Text extends string> = Text extends `:${infer Rest}` ? TypeAt<TrimStart<Rest>> : [string, Text]

/** A type and what follows it: values joined by `|`, an object, a type in parentheses, or a word. */
type TypeAt<Text extends string> = Text extends `"${string}`
  ? ValuesAt<Text, never>
  : Text extends `{${infer Rest}`
    ? MembersAt<Rest, []> extends [infer Type, infer After extends string]
      ? ListAt<Type, TrimStart<After>>
      : never
    : Text extends `(${infer Rest}`
      ? TypeAt<TrimStart<Rest>> extends [infer Type, infer After extends string]
        ? ListAt<Type, TrimStart<AfterFirst<After, ')'>>>
        : never
      : NameAt<Text> extends [infer Word extends string, infer After extends string]
        ? ListAt<Word extends keyof WordTypes ? WordTypes[Word] : UnknownType<Word>, AfterRange<TrimStart<After>>>
        : never

/** What a word gives that is no type: nothing fits it, and what the compiler then says names the word. */
type UnknownType<Word> = {
  readonly 'expected string, number, int, boolean, date or values such as "a" | "b", got': Word
}

interface WordTypes {
  string: string
  date: string
  number: number
  int: number
  boolean: boolean
  image: Media
  audio: Media
  file: Media
}

/** `[]` as often as it stands there. */
type ListAt<Type, Text extends string> = Text extends `[${infer Rest}`
  ? ListAt<Type[], TrimStart<AfterFirst<Rest, ']'>>>
  : [Type, Text]

type ValuesAt<Text extends string, Union> = Text extends `"${infer Value}"${infer Rest}`
  ? TrimStart<Rest> extends `|${infer Next}`
    ? ValuesAt<TrimStart<Next>, Union | Value>
    : [Union | Value, TrimStart<Rest>]
  : [Union, '']

/** The fields of an object up to its brace, and what follows. */
type MembersAt<Rest extends string, Done extends Entry[]> =
  FieldAt<Rest> extends [infer Field extends Entry, infer After extends string]
    ? After extends `,${infer Next}`
      ? MembersAt<Next, [...Done, Field]>
      : [Shape<[...Done, Field]>, AfterFirst<After, '}'>]
    : never

type AfterRange<Text extends string> = Text extends `(${string})${infer Rest}` ? TrimStart<Rest> : Text

/** The text after a description, if one stands there. */
type Described<Text extends string> = TrimStart<Text> extends `'${infer Rest}` ? AfterQuote<Rest> : TrimStart<Text>

/** The text after the quote that ends a description; two quotes are one inside it. */
type AfterQuote<Text extends string> = Text extends `${string}'${infer Rest}`
  ? Rest extends `'${infer More}`
    ? AfterQuote<More>
    : TrimStart<Rest>
  : ''

type AfterFirst<Text extends string, Mark extends string> = Text extends `${string}${Mark}${infer Rest}` ? Rest : ''

/** The name that a text starts with, and the rest. */
type NameAt<Text extends string, Name extends string = ''> = Text extends `${infer First}${infer Rest}`
  ? Lowercase<First> extends NameCharacter
    ? NameAt<Rest, `${Name}${First}`>
    : [Name, Text]
  : [Name, '']

type NameCharacter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z')
  | ('0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '_')

type TrimStart<Text extends string> = Text extends `${' ' | '\n' | '\t' | '\r'}${infer Rest}` ? TrimStart<Rest> : Text

type Shape<Entries extends Entry[]> = Simplify<
  { [E in Entries[number] as E['optional'] extends true ? never : E['name']]: E['type'] } & {
    [E in Entries[number] as E['optional'] extends true ? E['name'] : never]?: E['type']
  }
>
/** The conditional keeps the name out of what editors show. */
type Simplify<T> = T extends infer U ? { [K in keyof U]: U[K] } : never
