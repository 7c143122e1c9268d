/** Which connection a subject goes over: what holds a system together does not wait behind its data. */

import { isControlSubject } from '@mabeam/foundation'
import type { LinkRole } from '../connection/link.ts'

export function roleOf(subject: string): LinkRole {
  return isControlSubject(subject) ? 'control' : 'data'
}
