/** One row of data: what goes into a program and what should come out. */

import type { Json } from '@mabeam/foundation'

/** Values by field name. */
export type FieldValues = { readonly [field: string]: Json }

/** A row of a data set. Plain JSON: it is sent to workers and kept in reports as it is. */
export interface Example {
  /** `file:line`, or any name that is unique in its data set. */
  readonly id: string
  readonly inputs: FieldValues
  /** The labels. May lack fields that no metric needs. */
  readonly outputs: FieldValues
}
