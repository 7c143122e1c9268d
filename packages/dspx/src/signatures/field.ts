/** One input or output of a signature: its name, what it means, what it may hold, and the schema that decides. */

import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What a field holds that is no text: it is shown to a model as a part of the message of its own. */
export type MediaKind = 'image' | 'audio' | 'file'

/** What a field holds, as far as an adapter has to know to write and read it. Media are inputs only. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'enum' | 'json' | MediaKind

/** JSON Schema (draft 7) as plain data. */
export type JsonSchema = { readonly [key: string]: unknown }

/** One input or output of a signature. */
export interface Field {
  readonly name: string
  /** What it means, for the model. Empty when nobody said. */
  readonly description: string
  readonly kind: FieldKind
  /** True for media of which there may be several. @default false */
  readonly list?: boolean
  /** The allowed values of an `enum` field, in the order of their definition. */
  readonly values?: readonly string[]
  /** True when the field may be left out. @default false */
  readonly optional?: boolean
  /** Decides whether a value is right and may transform it. Synchronous. */
  readonly schema: StandardSchemaV1
  /** What the schema accepts, where it can say so; for structured output of providers. */
  readonly jsonSchema: JsonSchema
  /** The type in words: `string`, `number from 1 to 5`, `"billing" | "tech"`. */
  readonly typeText: string
}
