/** Keys of keyed state and of blobs, patterns over them, and names of what holds them: what every engine can take. */

import { invalidKey } from '../errors/engine-errors.ts'
import { invalidOption } from '../options.ts'
import { isPattern } from './subject.ts'

const keyLengthMax = 512
const word = /^[A-Za-z0-9\-_=/]+$/
const storeName = /^[A-Za-z0-9\-_]{1,200}$/

/** Throws `foundation/invalid-key` unless a value can be kept under it. */
export function checkKey(key: string): void {
  if (key.length > keyLengthMax || !key.split('.').every((one) => word.test(one))) {
    throw invalidKey(key, `words of letters, digits, - _ = and /, joined by dots, at most ${keyLengthMax} characters`)
  }
}

/** Throws `foundation/invalid-key` unless it is one that can be watched. `subjectMatcher` says what it stands for. */
export function checkKeyPattern(pattern: string): void {
  const words = pattern.split('.')
  const ok = words.every((one) => word.test(one) || one === '*' || one === '>')
  if (pattern.length > keyLengthMax || !ok || !isPattern(words)) {
    throw invalidKey(pattern, 'a key, with * for any one word and > as the last word for one or more')
  }
}

/** Throws `foundation/invalid-option` unless a state, a queue or a blob store can have that name. */
export function checkStoreName(owner: string, name: unknown): void {
  if (typeof name !== 'string' || !storeName.test(name)) {
    throw invalidOption(owner, 'name', '1 to 200 letters, digits, - and _', name)
  }
}
