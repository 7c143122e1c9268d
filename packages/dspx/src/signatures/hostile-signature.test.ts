/** Names and sizes that nobody means well with, in signatures, inputs, outputs, demonstrations and answers: nothing pollutes, nothing crashes. */

import { isMabeamError } from '@mabeam/foundation'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chatAdapter } from '../adapters/chat.ts'
import { jsonAdapter } from '../adapters/json.ts'
import { markdownAdapter } from '../adapters/markdown.ts'
import { toolAdapter } from '../adapters/tool.ts'
import { twoStepAdapter } from '../adapters/two-step.ts'
import { xmlAdapter } from '../adapters/xml.ts'
import { predict } from '../programs/predictor.ts'
import { scriptedModel } from '../testing/index.ts'
import { type Signature, signature, signatureJson } from './signature.ts'
import { signatureText, signatureTextCharsMax } from './signature-text.ts'

const names = [
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  'prototype',
  '__defineGetter__',
  '__lookupSetter__',
  'toLocaleString',
]
const adapters = [chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter, toolAdapter, twoStepAdapter()]
const poison = { polluted: true }
const poisoned = names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(poison)}`).join(', ')

afterEach(() => {
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect([{}.toString(), {}.constructor, Object.keys(Object.prototype)]).toEqual(['[object Object]', Object, []])
})

/** What was thrown, which must be ours and short. */
function refusalOf(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work()
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    expect(thrown.message.length).toBeLessThan(2_000)
    expect(JSON.stringify(thrown).length).toBeLessThan(4_000)
    return thrown
  }
  throw new Error('expected a refusal')
}

describe.each(names)('the name %s', (name) => {
  test('is no field of a signature, however it is made', () => {
    const schemas = JSON.parse(`{${JSON.stringify(name)}: null}`)
    Object.defineProperty(schemas, name, { value: z.string(), enumerable: true })
    for (const make of [
      () => signature(`${name} -> a`),
      () => signature(`q -> ${name}: int`),
      () => signature(`q -> a: { ${name}: string }`),
      () => signature({ inputs: schemas, outputs: { a: z.string() } }),
      () => signature({ inputs: { q: z.string() }, outputs: schemas }),
    ]) {
      if (name === 'prototype' && !make.toString().includes('schemas') && make.toString().includes('{ ${')) continue
      expect(refusalOf(make).code).toBe('dspx/invalid-signature')
    }
  })

  test('is no input, and no field of a demonstration', async () => {
    const lm = scriptedModel(['[[ ## a ## ]]\nx'])
    const given = JSON.parse(`{"q": "x", ${JSON.stringify(name)}: {"polluted": true}}`)
    await expect(predict('q -> a').run(given, { lm })).rejects.toMatchObject({ code: 'foundation/unknown-name' })
    const demo = { inputs: given, outputs: {} }
    const outputs = { inputs: { q: 'x' }, outputs: given }
    for (const one of [demo, outputs]) {
      expect(refusalOf(() => predict('q -> a', { demos: [one] })).code).toBe('dspx/invalid-state')
    }
    expect(lm.calls).toHaveLength(0)
  })
})

describe('answers with such names', () => {
  const asked = signature('q -> a, more?: { deep: string, n?: int }') as Signature
  test.each(adapters)('are read by the $name adapter for what was asked', async (adapter) => {
    const json = `{"a": "x", ${poisoned}, "more": {"deep": "y", ${poisoned}}}`
    const sections = names.map(
      (name) => `[[ ## ${name} ## ]]\npolluted\n<${name}>polluted</${name}>\n## ${name}\npolluted\n`,
    )
    for (const answer of [json, `${sections.join('')}${json}`, sections.join('')]) {
      const read = await predict(asked)
        .run({ q: 'x' }, { lm: scriptedModel([answer]), adapter, answerRetriesMax: 0 })
        .catch((thrown: unknown) => thrown)
      if (isMabeamError(read)) expect(read.code).toBe('dspx/unparsable-answer')
      else expect(Object.keys(read as object).every((key) => ['a', 'more'].includes(key))).toBe(true)
    }
    const { a, more } = (await predict(asked).run({ q: 'x' }, { lm: scriptedModel([json]), adapter })) as never
    expect({ a, more }).toEqual({ a: 'x', more: { deep: 'y' } })
  })

  test('keep such members where a schema takes any JSON, as members of their own', async () => {
    const loose = signature({ inputs: { q: z.string() }, outputs: { data: z.any() } })
    const answer = `{"data": {${poisoned}}}`
    const { data } = await predict(loose).run({ q: 'x' }, { lm: scriptedModel([answer]), adapter: 'json' })
    expect(Object.keys(data).sort()).toEqual([...names].sort())
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
  })
})

describe('size', () => {
  const huge = 'x'.repeat(10_000_000)

  test('texts of ten megabytes are refused as signatures in a short sentence, or stand where they may', () => {
    for (const make of [
      () => signature(huge),
      () => signature(`q -> ${huge}`),
      () => signature(`q -> a: ${huge}`),
      () => signature(`q -> a '${huge}'`),
      () => signature(`${' '.repeat(10_000_000)}q -> a`),
      () => signature('('.repeat(10_000_000)),
      () => signature({ inputs: { [huge]: z.string() }, outputs: { a: z.string() } }),
      () => predict(huge),
    ]) {
      expect(refusalOf(make).code).toBe('dspx/invalid-signature')
    }
    expect(signature('q -> a', huge).instructions).toHaveLength(10_000_000)
  })

  test.each([
    '(',
    '[',
    '{',
    '{a:',
    '"',
    "'",
    '->',
    ',',
    '|',
    '?',
    ':',
    'a:int(',
    'a,',
    '"a"|',
    ' ',
    '\u0000',
    '\ud800',
    '[]',
    '{a:{',
  ])('four thousand characters of %j are read or refused at once', (unit) => {
    for (const start of ['', 'q -> a', 'q -> a: ', 'q -> a: {', "q -> a '", 'q -> a: "']) {
      const text = (start + unit.repeat(signatureTextCharsMax)).slice(0, signatureTextCharsMax)
      try {
        signature(text as string)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'dspx/invalid-signature' })
      }
    }
  })

  test('ten thousand fields of schemas are a signature, asked, read and compared', async () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, z.string().optional()]))
    const wide = signature({ inputs: { q: z.string() }, outputs: fields })
    expect(signatureJson(wide as Signature).outputs).toHaveLength(10_000)
    const lm = scriptedModel(['[[ ## f9999 ## ]]\nx\n\n[[ ## f1 ## ]]\ny\n\n[[ ## f10000 ## ]]\nz'])
    expect(await predict(wide as Signature).run({ q: 'x' }, { lm })).toEqual({ f1: 'y', f9999: 'x' })
    expect(refusalOf(() => signatureText(wide as Signature)).code).toBe('dspx/inexpressible-signature')
  })

  test('names that are no plain words are refused, whatever their script', () => {
    for (const name of [
      'größe',
      '名前',
      'a\u0301',
      'a b',
      'a-b',
      '1a',
      '_a',
      '$a',
      '',
      'ａ',
      'a\u200b',
      '\u202ea',
      'İ',
    ]) {
      expect(refusalOf(() => signature({ inputs: { [name]: z.string() }, outputs: { a: z.string() } })).code).toBe(
        'dspx/invalid-signature',
      )
    }
  })

  test('inputs of ten megabytes and ten thousand levels are asked, or refused by name', async () => {
    const lm = () => scriptedModel(['[[ ## a ## ]]\nx'])
    expect(await predict('q -> a').run({ q: huge }, { lm: lm() })).toEqual({ a: 'x' })
    let deep: unknown = []
    for (let i = 0; i < 10_000; i++) deep = [deep]
    const loose = signature({ inputs: { q: z.any() }, outputs: { a: z.string() } })
    const thrown = await predict(loose)
      .run({ q: deep }, { lm: lm() })
      .catch((reason: unknown) => reason)
    expect(isMabeamError(thrown) ? thrown.code : thrown).toBe('dspx/invalid-input')
    const circular: { self?: unknown } = {}
    circular.self = circular
    const round = await predict(loose)
      .run({ q: circular }, { lm: lm() })
      .catch((reason: unknown) => reason)
    expect(isMabeamError(round) ? round.code : round).toBe('dspx/invalid-input')
    for (const odd of [7n, Symbol('x'), () => 1]) {
      const answer = await predict(loose)
        .run({ q: odd }, { lm: lm() })
        .catch((reason: unknown) => reason)
      if (answer instanceof Error) expect(answer).toMatchObject({ code: 'dspx/invalid-input' })
    }
  })
})
