/**
 * The types in a signature string, read by the compiler: `'text -> team: "a" | "b", tags: string[]'` gives
 * `{ text: string }` and `{ team: 'a' | 'b'; tags: string[] }`. The same grammar as `signature-text.ts` and
 * `type-grammar.ts`; quoted values and descriptions may hold commas, colons, brackets and arrows. What does not follow
 * the grammar is a type error that says what was expected and what stands there. Nothing is refused here that is taken
 * when it runs; only there are refused: lengths and depths, ranges whose bounds are the wrong way round, hold no integer
 * where one is asked for, or are written in another way than as decimal digits, and values with a tab or a line's end at their edge.
 */

import type { Media } from './media.ts'
import type { Values } from './signature.ts'
import type { ForeignTypes } from './type-grammar.ts'

/** The inputs of a signature string; lists in them are taken read-only, so that any list may be given. */
export type InputsOfText<Text extends string> = string extends Text ? Values : Given<InputSide<Text, [], never>[0]>

type Given<T> = T extends Media
  ? T
  : T extends readonly (infer E)[]
    ? readonly Given<E>[]
    : T extends object
      ? { [K in keyof T]: Given<T[K]> }
      : T

/** The outputs of a signature string. */
export type OutputsOfText<Text extends string> = string extends Text ? Values : InputSide<Text, [], never>[1]

/**
 * A parameter that takes signature strings: the text itself, or, of a literal text that is refused, a
 * {@link SignatureFault}, which no text is. Text that is not literal, or not all of it, is taken: it is read when it runs.
 *
 * @example function ask<const Text extends string>(text: SignatureText<Text>) { return predict(text) }
 */
export type SignatureText<Text extends string> = Text extends unknown
  ? InputSide<Text, [], never> extends readonly [unknown, unknown, infer Fault extends string]
    ? IsReadable<Text> extends true
      ? SignatureFault<Fault>
      : Text
    : Text
  : never

/** What is wrong with a signature string: shown by the compiler, never made. */
export interface SignatureFault<Message extends string> {
  readonly expected: Message
}

/** Whether all of a text is known, and its spaces are those that are looked for here. */
type IsReadable<Text extends string> =
  Record<never, 1> extends Record<Text, 1> ? false : Text extends `${string}${OtherSpace}${string}` ? false : true

type Entry = { readonly name: string; readonly type: unknown; readonly optional: boolean }

interface Fault<Message extends string> {
  readonly fault: Message
}

/** Fields up to the arrow, and what follows: inputs, outputs, and what is wrong, if anything is. `Rest` starts at a field name. */
type InputSide<Rest extends string, Done extends Entry[], Names> =
  FieldAt<Rest, InputTypes> extends [infer Field extends Entry, infer After extends string]
    ? Field['name'] extends Names | RefusedName
      ? [Values, Values, NameFault<Field['name'], Names>]
      : After extends `,${infer Next}`
        ? InputSide<Next, [...Done, Field], Names | Field['name']>
        : After extends `->${infer Next}`
          ? OutputSide<Next, Shape<[...Done, Field]>, [], Names | Field['name']>
          : [Values, Values, `expected "," or "->" behind ${Field['name']}, got ${Shown<After>}`]
    : [Values, Values, MessageOf<FieldAt<Rest, InputTypes>>]

/** Fields up to the end. */
type OutputSide<Rest extends string, Inputs, Done extends Entry[], Names> =
  FieldAt<Rest, OutputTypes> extends [infer Field extends Entry, infer After extends string]
    ? Field['name'] extends Names | RefusedName
      ? [Inputs, Values, NameFault<Field['name'], Names>]
      : After extends ''
        ? [Inputs, Shape<[...Done, Field]>]
        : After extends `,${infer Next}`
          ? OutputSide<Next, Inputs, [...Done, Field], Names | Field['name']>
          : [Inputs, Values, `expected "," or the end behind ${Field['name']}, got ${Shown<After>}`]
    : [Inputs, Values, MessageOf<FieldAt<Rest, OutputTypes>>]

type MessageOf<F> = F extends Fault<infer Message> ? Message : never

/** Names that are words and yet no field names. */
type RefusedName =
  | ReservedName
  | 'completed'
  | 'Completed'
  | `_${string}`
  | `${string}$${string}`
  | `${number}${string}`

/** What every object has. */
type ReservedName = keyof typeof Object.prototype | 'constructor' | 'prototype'

type NameFault<Name extends string, Names> = Name extends Names
  ? `expected every field name once, got ${Name} again`
  : `expected a field name that starts with a letter and is not reserved, got ${Name}`

/** One field and what follows it: name, `?`, type, description. */
type FieldAt<Text extends string, Types> =
  NameAt<TrimStart<Text>> extends [infer Name extends string, infer After extends string]
    ? Name extends ''
      ? Fault<`expected a field name, got ${Shown<TrimStart<Text>>}`>
      : TrimStart<After> extends `?${infer Rest}`
        ? DescribedAt<Name, TypedAt<Name, TrimStart<Rest>, Types>, true>
        : DescribedAt<Name, TypedAt<Name, TrimStart<After>, Types>, false>
    : never

/** A field whose type was read, and the text after its description, if one stands there. */
type DescribedAt<Name extends string, Typed, Optional extends boolean> = Typed extends [
  infer Type,
  infer Next extends string,
]
  ? TrimStart<Next> extends `'${infer Rest}`
    ? AfterQuote<Rest> extends infer After extends string
      ? [{ name: Name; type: Type; optional: Optional }, After]
      : Fault<`expected a single quote that ends the description of ${Name}`>
    : [{ name: Name; type: Type; optional: Optional }, TrimStart<Next>]
  : Typed

/** The type after a colon; text where there is none. */
type TypedAt<Name extends string, Text extends string, Types> = Text extends `:${infer Rest}`
  ? TypeAt<Name, TrimStart<Rest>, Types>
  : [string, Text]

/** A type and what follows it: values joined by `|`, an object, a type in parentheses, or a word. */
type TypeAt<Name extends string, Text extends string, Types> = Text extends `"${string}`
  ? ValuesAt<Name, Text, never>
  : Text extends `{${infer Rest}`
    ? MembersAt<Name, Rest, [], never> extends [infer Type, infer After extends string]
      ? ListAt<Name, Type, TrimStart<After>>
      : MembersAt<Name, Rest, [], never>
    : Text extends `(${infer Rest}`
      ? InParentheses<Name, TrimStart<Rest>>
      : NameAt<Text> extends [infer Word extends string, infer After extends string]
        ? Word extends keyof Types
          ? Word extends 'int' | 'number'
            ? RangedAt<Name, TrimStart<After>>
            : ListAt<Name, Types[Word], TrimStart<After>>
          : Fault<TypeExpected<Name, Word extends '' ? Shown<Text> : Word>>
        : never

type TypeExpected<Name extends string, Got extends string> = Got extends keyof InputTypes
  ? `expected ${Got} among the inputs only and not inside of another type, got ${Name}`
  : `expected string, number, int, boolean, date, values such as "a" | "b", or { … } as the type of ${Name}${Meant<Got>}, got ${Got}`

/** What a type of another language is called here. */
type Meant<Word extends string> =
  Lowercase<Word> extends keyof ForeignTypes ? ` (${Word} is ${ForeignTypes[Lowercase<Word>]} here)` : ''

/** The types of outputs, and of what is inside of other types. */
interface OutputTypes {
  string: string
  date: string
  number: number
  int: number
  boolean: boolean
}

interface InputTypes extends OutputTypes {
  image: Media
  audio: Media
  file: Media
}

type InParentheses<Name extends string, Text extends string> = Text extends `(${string}`
  ? Fault<`expected one pair of parentheses around the type of ${Name}, got (${Text}`>
  : TypeAt<Name, Text, OutputTypes> extends [infer Type, infer After extends string]
    ? TrimStart<After> extends `)${infer Next}`
      ? ListAt<Name, Type, TrimStart<Next>>
      : Fault<`expected ")" behind the type of ${Name}, got ${Shown<TrimStart<After>>}`>
    : TypeAt<Name, Text, OutputTypes>

/** `[]` as often as it stands there. */
type ListAt<Name extends string, Type, Text extends string> = Text extends `[${infer Rest}`
  ? TrimStart<Rest> extends `]${infer Next}`
    ? ListAt<Name, Type[], TrimStart<Next>>
    : Fault<`expected "]" behind "[" in the type of ${Name}, got ${Shown<TrimStart<Rest>>}`>
  : [Type, Text]

/** The range of a number, if one stands there. */
type RangedAt<Name extends string, Text extends string> = Text extends `(${infer Rest}`
  ? Rest extends `${infer Least}..${infer Most})${infer Next}`
    ? [TrimStart<Least>, TrimStart<Most>] extends [Bound, Bound]
      ? [TrimStart<Least>, TrimStart<Most>] extends ['', '']
        ? Fault<`expected a number in the range of ${Name}, got (..)`>
        : ListAt<Name, number, TrimStart<Next>>
      : Fault<`expected numbers in the range of ${Name}, got (${Least}..${Most})`>
    : Fault<`expected a range such as 1..5, 0.. or ..1 for ${Name}, got (${Rest}`>
  : ListAt<Name, number, Text>

/** Spaces behind a number are part of `${number}`. */
type Bound = '' | `${number}`

type ValuesAt<Name extends string, Text extends string, Union> = Text extends `"${infer Value}"${infer Rest}`
  ? Value extends Union | '' | ` ${string}` | `${string} `
    ? Fault<`expected every value of ${Name} once, not empty and without spaces around it, got "${Value}"`>
    : TrimStart<Rest> extends `|${infer Next}`
      ? ValuesAt<Name, TrimStart<Next>, Union | Value>
      : TrimStart<Rest> extends `[${string}`
        ? Fault<`expected parentheses around the values of ${Name} in front of [], got ${TrimStart<Rest>}`>
        : [Union | Value, TrimStart<Rest>]
  : Fault<`expected a value in double quotes for ${Name}, got ${Shown<Text>}`>

/** The fields of an object up to its brace, and what follows. */
type MembersAt<Name extends string, Rest extends string, Done extends Entry[], Names> =
  FieldAt<Rest, OutputTypes> extends [infer Field extends Entry, infer After extends string]
    ? Field['name'] extends Names | ReservedMember
      ? Fault<NameFault<Field['name'], Names>>
      : After extends `,${infer Next}`
        ? MembersAt<Name, Next, [...Done, Field], Names | Field['name']>
        : After extends `}${infer Next}`
          ? [Shape<[...Done, Field]>, Next]
          : Fault<`expected "," or "}" behind ${Field['name']} in ${Name}, got ${Shown<After>}`>
    : FieldAt<Rest, OutputTypes>

type ReservedMember = Exclude<ReservedName, 'prototype'> | `${number}${string}`

/** The text after the quote that ends a description; two quotes are one inside it. */
type AfterQuote<Text extends string> = Text extends `${string}'${infer Rest}`
  ? Rest extends `'${infer More}`
    ? AfterQuote<More>
    : TrimStart<Rest>
  : never

/** The name that a text starts with, and the rest. */
type NameAt<Text extends string, Name extends string = ''> = Text extends `${infer First}${infer Rest}`
  ? Lowercase<First> extends NameCharacter
    ? NameAt<Rest, `${Name}${First}`>
    : [Name, Text]
  : [Name, '']

type NameCharacter =
  | ('a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm')
  | ('n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z')
  | ('0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '_' | '$')

type TrimStart<Text extends string> = Text extends `${' ' | '\n' | '\t' | '\r'}${infer Rest}` ? TrimStart<Rest> : Text

/** Spaces that nobody writes by hand, but that are spaces when a text is read. */
type OtherSpace =
  | ('\v' | '\f' | '\u00a0' | '\u1680' | '\u2000' | '\u2001' | '\u2002' | '\u2003' | '\u2004' | '\u2005' | '\u2006')
  | ('\u2007' | '\u2008' | '\u2009' | '\u200a' | '\u2028' | '\u2029' | '\u202f' | '\u205f' | '\u3000' | '\ufeff')

type Shown<Text extends string> = Text extends '' ? 'the end' : Text

type Shape<Entries extends Entry[]> = Simplify<
  { [E in Entries[number] as E['optional'] extends true ? never : E['name']]: E['type'] } & {
    [E in Entries[number] as E['optional'] extends true ? E['name'] : never]?: E['type']
  }
>
/** The conditional keeps the name out of what editors show. */
type Simplify<T> = T extends infer U ? { [K in keyof U]: U[K] } : never
