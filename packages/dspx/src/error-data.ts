/** What is known of a failure where it passes, added to the error on its way. */

import { type Json, MabeamError } from '@mabeam/foundation'

/** The same error with more data: what a run had cost when it failed, which item of a pipeline it was. */
export function withData(error: MabeamError, data: { readonly [key: string]: Json }): MabeamError {
  const { code, message, retryable, cause } = error
  return new MabeamError(code, message, { retryable, data: { ...error.data, ...data }, cause: cause ?? error })
}
