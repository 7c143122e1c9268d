/** Whether the tables a user gives along hold only words that are known. */

import { unknownName } from '@mabeam/foundation'
import { kindNames, type MeasurementKinds } from './measurement.ts'
import { type Severities, severityNames } from './severity.ts'

export function checkKinds(owner: string, kinds: MeasurementKinds | undefined): void {
  checkWords(owner, 'measurement kind', { given: kinds, known: kindNames })
}

export function checkSeverities(owner: string, severities: Severities | undefined): void {
  checkWords(owner, 'severity', { given: severities, known: severityNames })
}

function checkWords(
  owner: string,
  what: string,
  { given, known }: { readonly given: object | undefined; readonly known: readonly string[] },
): void {
  for (const word of Object.values(given ?? {})) {
    if (!known.includes(String(word))) throw unknownName(owner, what, String(word), known)
  }
}
