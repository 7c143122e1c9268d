/**
 * The ratchet: what is too large today may be listed with its present size, and the list may only shrink. A listed size
 * is a limit of its own; one that is no longer reached must be lowered or struck out.
 */

import { type Finding, formatFinding } from './finding.ts'

/** The list may not grow beyond this. Lower it when you strike one out; never raise it. */
export const exceptionsMax = 0

/** One entry of tools/tidy-exceptions.json. */
export interface Exception {
  readonly rule: string
  /** As `Finding.at`. */
  readonly at: string
  /** The size it has now. */
  readonly max: number
  readonly why: string
}

/** The findings that remain when the exceptions are taken off, and the faults of the list itself. */
export function applyExceptions(findings: readonly Finding[], exceptions: readonly Exception[]): Finding[] {
  const remaining = findings.filter((finding) => !exceptions.some((one) => excuses(one, finding)))
  const faults = exceptions.flatMap((one) => faultsOf(one, findings))
  if (exceptions.length > exceptionsMax) {
    faults.push(fault(`expected at most ${exceptionsMax} exceptions, got ${exceptions.length}`))
  }
  return [...remaining, ...faults]
}

function excuses(exception: Exception, finding: Finding): boolean {
  if (finding.measured === undefined) return false
  return isAbout(exception, finding) && finding.measured <= exception.max
}

function isAbout(exception: Exception, finding: Finding): boolean {
  return exception.rule === finding.rule && exception.at === finding.at
}

function faultsOf(exception: Exception, findings: readonly Finding[]): Finding[] {
  const name = `${exception.rule} ${exception.at}`
  const about = findings.filter((finding) => isAbout(exception, finding))
  const largest = Math.max(...about.map((finding) => finding.measured ?? 0))
  if (!exception.why) return [fault(`${name}: expected a reason in "why"`)]
  if (about.length === 0) return [fault(`${name}: no longer needed, strike it out`)]
  if (largest < exception.max)
    return [fault(`${name}: expected max ${largest}, which it has become, got ${exception.max}`)]
  return []
}

function fault(sentence: string): Finding {
  return { rule: 'exceptions', at: 'tools/tidy-exceptions.json', sentence }
}

/** Sorted as an editor lists them. */
export function formatFindings(findings: readonly Finding[]): string[] {
  return findings.map(formatFinding).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}
