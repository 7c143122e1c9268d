/** Subjects of messages: words joined by dots, and patterns over them. */

import { invalidSubject } from '../errors/engine-errors.ts'

const subjectLengthMax = 256

/** Throws `foundation/invalid-subject` unless it is one a message can be published on. */
export function checkSubject(subject: string): void {
  if (!isDotted(subject) || /[*>]/.test(subject)) throw invalidSubject(subject, 'words joined by dots')
}

/** Throws `foundation/invalid-subject` unless it is one that can be subscribed to. */
export function checkPattern(pattern: string): void {
  if (!isDotted(pattern) || !isPattern(pattern.split('.'))) {
    throw invalidSubject(pattern, 'words joined by dots, * for one word, > as the last word for one or more')
  }
}

/**
 * Throws `foundation/invalid-subject` unless an engine carries it: servers keep subjects that begin with `$` and `_` for
 * themselves, and a subscription that begins with a wildcard would hear theirs.
 */
export function checkEngineSubject(subject: string): void {
  checkSubject(subject)
  if (/^[$_]/.test(subject)) throw invalidSubject(subject, 'a first word that does not begin with $ or _')
}

/** As `checkEngineSubject`, for what is subscribed to. */
export function checkSubscription(pattern: string): void {
  checkPattern(pattern)
  if (/^[$_*>]/.test(pattern))
    throw invalidSubject(pattern, 'a first word that is plain and does not begin with $ or _')
}

/** Whether `*` and `>` stand where they may: as whole words, `>` at the end. */
export function isPattern(words: readonly string[]): boolean {
  return words.every((word, i) => !/[*>]/.test(word) || word === '*' || (word === '>' && i === words.length - 1))
}

/**
 * Whether a subject is one of those a pattern stands for.
 *
 * @example subjectMatches('agents.*.state.>', 'agents.a1.state.memory.size') // => true
 */
export function subjectMatches(pattern: string, subject: string): boolean {
  return subjectMatcher(pattern)(subject)
}

/** `subjectMatches` for many subjects (or keys) and one pattern, which is looked at once. */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  if (!/[*>]/.test(pattern)) return (subject) => subject === pattern
  if (pattern === '>') return () => true
  const wanted = pattern.split('.')
  return (subject) => {
    const words = subject.split('.')
    for (const [i, word] of wanted.entries()) {
      if (word === '>') return words.length > i
      if (i >= words.length || (word !== '*' && word !== words[i])) return false
    }
    return words.length === wanted.length
  }
}

function isDotted(subject: string): boolean {
  return subject.length <= subjectLengthMax && /^[^\s.]+(\.[^\s.]+)*$/.test(subject)
}
