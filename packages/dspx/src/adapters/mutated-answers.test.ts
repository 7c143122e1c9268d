/** Right answers that were damaged in every way: what is read is what stood there, what was mended is said, and the rest is refused. */

import { isMabeamError } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { checkField } from '../signatures/schema-field.ts'
import type { Adapter } from './adapter.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'
import { markdownAdapter } from './markdown.ts'
import { asked, type Mutation, mutations, said, written } from './mutated-answers.fixture.ts'
import { xmlAdapter } from './xml.ts'

const adapters: readonly Adapter[] = [chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter]

describe.each(adapters)('the $name adapter', (adapter) => {
  const right = written(adapter, said)

  test('reads the right answer', () => {
    expect(adapter.parse(asked, right)).toEqual({ outputs: said, repairs: [] })
  })

  test('an answer that was cut says what it was meant to say, or is refused: text alone may be shorter', () => {
    for (let at = 0; at < right.length; at++) {
      const read = attempt(() => adapter.parse(asked, right.slice(0, at)))
      if (read === undefined) continue
      const { reason, ...others } = read.outputs
      expect({ at, ...others }).toEqual({ at, ...meantBesides })
      expect({ at, reason, isBegun: said.reason.startsWith(String(reason).trim()) }).toMatchObject({ isBegun: true })
    }
  })

  test.each(mutations)('$name', (mutation) => {
    expect(faultsOf(adapter, right, mutation)).toEqual([])
  })
})

const { reason: _, ...meantBesides } = said

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function faultsOf(adapter: Adapter, right: string, mutation: Mutation): string[] {
  const faults: string[] = []
  let tried = 0
  for (const answer of new Set(mutation.of(right))) {
    if (answer === right) continue
    tried++
    const fault = faultIn(adapter, answer)
    if (fault !== undefined && faults.length < 20) faults.push(`${fault} in ${JSON.stringify(answer).slice(0, 700)}`)
  }
  expect(tried).toBeGreaterThan(10)
  return faults
}

/** What is wrong with how an answer was read. */
function faultIn(adapter: Adapter, answer: string): string | undefined {
  let read: ReturnType<Adapter['parse']>
  try {
    read = adapter.parse(asked, answer)
  } catch (thrown) {
    if (isMabeamError(thrown) && thrown.code === 'dspx/unparsable-answer') return undefined
    return `threw ${thrown}`
  }
  const { outputs, repairs } = read
  for (const name of Reflect.ownKeys(outputs)) {
    const field = asked.outputs.find((one) => one.name === name)
    if (field === undefined) return `invented the field ${String(name)}`
    if (checkField(field, outputs[field.name]).issues) return `gave ${field.name} what its type refuses`
    const missing = inventedIn(outputs[field.name], formsOf(answer).map(looseText))
    if (missing !== undefined) return `invented ${JSON.stringify(missing)} of ${field.name}`
  }
  for (const { name, optional } of asked.outputs) {
    if (!optional && !Object.hasOwn(outputs, name)) return `left out ${name}`
  }
  if (Reflect.get({}, 'polluted') !== undefined) return 'polluted every object'
  const mended = repairs.length === 0 ? mendedIn(outputs, formsOf(answer)) : undefined
  if (mended !== undefined) return `mended in silence ${JSON.stringify(mended)}`
  return undefined
}

/** The first text or number in a value that does not stand in the answer. */
function inventedIn(value: unknown, forms: readonly string[]): unknown {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).find((one) => inventedIn(one, forms) !== undefined)
  }
  if (typeof value === 'boolean') return undefined
  return forms.some((form) => form.includes(looseText(String(value)))) ? undefined : value
}

/** Letters and digits alone: what marks and escapes stand around does not matter. */
function looseText(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')
}

/** The first text, number or truth value that does not stand in the answer letter by letter, as it is or as formats escape it. */
function mendedIn(value: unknown, forms: readonly string[]): unknown {
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).find((one) => mendedIn(one, forms) !== undefined)
  }
  return forms.some((form) => form.includes(String(value))) ? undefined : value
}

/** An answer as it is, without the escapes of XML, without those of JSON, and without both. */
function formsOf(answer: string): string[] {
  const plain = unescaped(answer)
  return [answer, plain, withoutBackslashes(answer), withoutBackslashes(plain)]
}

const entities: { readonly [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] as string)
}

const escapes: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function withoutBackslashes(text: string): string {
  return text.replaceAll(/\\(?:u([\dA-Fa-f]{4})|(.))/gs, (_, code: string | undefined, letter: string) =>
    code === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
