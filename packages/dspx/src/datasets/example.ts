/** One row of data: what goes into a program and what should come out. */

import type { Json } from '@mabeam/foundation'

/** Values by field name. */
export type FieldValues = { readonly [field: string]: Json }

/** A row of a data set. Plain JSON: it is sent to workers and kept in reports as it is. */
export interface Example {
  /** `file:line`, or any name that is unique in its data set; `row-` and a digest where none was given. */
  readonly id: string
  readonly inputs: FieldValues
  /** The labels. May lack fields that no metric needs. */
  readonly outputs: FieldValues
}

/** A row as people give it: an {@link Example} that may have no name. */
export interface ExampleRow extends Omit<Example, 'id'> {
  /**
   * @default one that stays the same as long as what is in the row does: `row-` and 16 hex digits of a SHA-256 over inputs and
   * outputs, and `-2`, `-3` … where a row is there again
   */
  readonly id?: string | undefined
}
