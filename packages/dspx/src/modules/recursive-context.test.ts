import { describe, expect, test } from 'vitest'
import { createBudget } from '../models/budget/budget.ts'
import type { ModelCall } from '../models/language-model.ts'
import { predictorsIn } from '../programs/program-walk.ts'
import { messageText } from '../testing/message-text.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { peekCharsMax } from './context-hosts.ts'
import { recursiveContext } from './recursive-context.ts'

const code = (text: string) => `[[ ## thought ## ]]\nlook\n\n[[ ## code ## ]]\n${text}\n\n[[ ## completed ## ]]`
const answer = (text: string) => `[[ ## answer ## ]]\n${text}\n\n[[ ## completed ## ]]`
const extracted = (text: string) => `[[ ## reasoning ## ]]\nseen\n\n${answer(text)}`
const textOf = (call: ModelCall | undefined) => call?.prompt.map((message) => messageText(message)).join('\n') ?? ''

const book = `${'chaff '.repeat(20_000)}The secret word is quince.${' chaff'.repeat(20_000)}`
const question = 'What is the secret word?'
const find = recursiveContext('book, question -> answer', { context: 'book' })

describe('recursiveContext', () => {
  test('finds what is deep in a text that no prompt holds, by code alone', async () => {
    const model = scriptedModel([
      code('var hits = await search("SECRET word"); hits'),
      code(
        'const [hit] = hits; const near = await peek(hit.at, hit.at + 21); await submit({ answer: near.split(" ").at(-1) })',
      ),
    ])
    const result = await find.run({ book, question }, { lm: model })
    expect(result).toEqual({ answer: 'quince' })
    const typed: string = result.answer
    expect([typed, result.ended, result.asks]).toEqual(['quince', 'submitted', 0])
    expect(result.trajectory[0]?.calls[0]).toMatchObject({
      tool: 'code',
      outcome: 'given',
      observation: expect.stringContaining('"at":120004'),
    })
    for (const call of model.calls) expect(textOf(call).length).toBeLessThan(10_000)
    expect(textOf(model.calls[0])).toContain(`${book.length} characters`)
  })

  test('asks about parts at once; each question is a call, counted', async () => {
    const script = (call: ModelCall, index: number) => {
      if (index === 0)
        return code(
          'const parts = await Promise.all([0, 119_990].map(async (at) => ask("word?", await peek(at, at + 1_000)))); await submit(parts[1])',
        )
      return answer(textOf(call).includes('quince') ? 'quince' : 'none')
    }
    const result = await find.run({ book, question }, { lm: scriptedModel(script) })
    expect([result.answer, result.asks, result.usage.calls]).toEqual(['quince', 2, 3])
    expect(result.attempts.map(({ predictor }) => predictor)).toEqual(['explore', 'part', 'part'])
  })

  test('a part that is too long for a prompt is worked through the same way, no deeper than depthMax', async () => {
    const asking = code('await submit(await ask("word?", await peek(0, 2_000)))')
    const small = (depthMax: number) =>
      recursiveContext('book, question -> answer', { context: 'book', depthMax, askCharsMax: 1_000, stepsMax: 1 })
    const deep = await small(1).run(
      { book, question },
      { lm: scriptedModel([asking, code('await submit("it has " + textChars)')]) },
    )
    expect([deep.answer, deep.asks, deep.attempts.map(({ predictor }) => predictor)]).toEqual([
      'it has 2000',
      1,
      ['explore', 'deeper.explore'],
    ])
    const flat = await small(0).run({ book, question }, { lm: scriptedModel([asking, extracted('unknown')]) })
    expect([flat.answer, flat.ended, flat.asks]).toEqual(['unknown', 'steps', 0])
    expect(flat.trajectory[0]?.calls[0]).toMatchObject({
      outcome: 'failed',
      observation: expect.stringContaining('at most 1000 characters at once, got 2000'),
    })
  })

  test('no more questions than asksMax are asked, at every depth together', async () => {
    const ask =
      'const said = []; for (let i = 0; i < 5; i++) said.push(await ask("word?", "part").catch((error) => error.message)); said'
    const script = (call: ModelCall) => (textOf(call).includes('textFacts') ? code(ask) : answer('no'))
    const program = recursiveContext('book, question -> answer', { context: 'book', asksMax: 3, stepsMax: 1 })
    const model = scriptedModel((call, index) => (index === 4 ? extracted('none') : script(call)))
    const result = await program.run({ book, question }, { lm: model })
    expect(result.asks).toBe(3)
    expect(result.trajectory[0]?.calls[0]?.observation).toContain(
      '["no","no","no","ask: at most 3 questions may be asked","ask: at most 3 questions may be asked"]',
    )
  })

  test('wrong outputs are thrown into the code, and what fails is an attempt', async () => {
    const typed = recursiveContext('book -> count: int', { context: 'book' })
    const model = scriptedModel([
      code('await submit({ count: "many" })'),
      code('var kept = textChars; for (;;) {}'),
      code('await submit({ count: kept })'),
    ])
    const program = recursiveContext('book -> count: int', { context: 'book', limits: { timeoutMs: 1_000 } })
    const result = await program.run({ book }, { lm: model })
    expect(result).toEqual({ count: book.length })
    expect(result.trajectory.map(({ calls }) => calls[0]?.observation)).toEqual([
      expect.stringContaining('output count: expected integer'),
      'Failed: the time is over.',
      '"submitted"'.slice(1, -1),
    ])
    expect(result.attempts.map(({ outcome, adapter }) => [outcome, adapter])).toEqual([
      ['read', 'chat'],
      ['unreadable', 'sandbox'],
      ['read', 'chat'],
      ['unreadable', 'sandbox'],
      ['read', 'chat'],
    ])
    expect([...predictorsIn(typed).keys()]).toEqual([
      'explore',
      'part',
      'extract',
      'deeper.explore',
      'deeper.part',
      'deeper.extract',
    ])
  })

  test('leaves the last call of the budget for the answer', async () => {
    const script = (call: ModelCall) => (textOf(call).includes('textFacts') ? code('1') : extracted('x'))
    const result = await find.run({ book, question }, { lm: scriptedModel(script), budget: createBudget({ calls: 2 }) })
    expect([result.ended, result.usage.calls, result.answer]).toEqual(['budget', 2, 'x'])
  })

  test('its functions are answered within their limits', async () => {
    const calls = {
      'peek(0, 1e9)': `cha${peekCharsMax}`,
      'peek(-5, 3)': 'cha3',
      'peek("a")': 'thrown',
      'search("")': 'thrown',
      'search("(a+)+$")': 'hits 0',
      'search("chaff", 1e9)': 'hits 100',
      'ask(1, 2)': 'thrown',
    }
    const shown = '(got) => (typeof got === "string" ? got.slice(0, 3) + got.length : "hits " + got.length)'
    const all = Object.keys(calls).map((call) => `await ${call}.then(${shown}, () => "thrown")`)
    const model = scriptedModel([code(`await submit([${all.join(', ')}].join("|"))`)])
    const { answer: given } = await find.run({ book, question }, { lm: model })
    expect(given.split('|')).toEqual(Object.values(calls))
  })

  test.each([
    [{ context: 'text' }, 'dspx/invalid-signature'],
    [{ context: '' }, 'foundation/invalid-option'],
    [{ context: 'book', depthMax: -1 }, 'foundation/invalid-option'],
    [{ context: 'book', depth: 1 }, 'foundation/unknown-name'],
  ])('options are checked (%#)', (options, code) => {
    expect(() => recursiveContext('book, question -> answer', options as never)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
