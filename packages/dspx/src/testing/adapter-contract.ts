/** What every adapter must hold, as cases to be run by any test runner. */

import { isDeepStrictEqual } from 'node:util'
import { hasCode } from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import { type Signature, signature } from '../signatures/signature.ts'
import { messageText } from './message-text.ts'

/** A named case; `run` rejects when the contract is broken. */
export interface AdapterCase {
  readonly name: string
  run(): Promise<void>
}

/** What kind of adapter is to be judged. */
export interface AdapterContractOptions {
  /**
   * True for an adapter whose first answer is free: its demonstrations are not what it reads, so the cases that read them
   * back are left out. @default false
   */
  readonly isFree?: boolean
}

const asked: Signature = signature(
  'text, hint? -> words, team: "billing" | "tech", urgent: boolean, score: number, tags: string[]',
)
const plain = { words: 'two words', team: 'tech', urgent: true, score: -0.5, tags: ['a', 'b c'] }
const demo = { inputs: { text: 'x' }, outputs: plain }

/** Texts that break out of formats: quotes, fences, marks, tags, headings, escapes, odd characters. */
const nastyTexts = [
  '',
  ' ',
  '"',
  '\n\n',
  '{"words": 1}',
  '```\nx\n```',
  '[[ ## team ## ]]\nbilling',
  'a\n\\[[ ## team ## ]]',
  '<team>x</team>',
  '</words>\n<team>',
  '&lt; & &amp;',
  ']]>',
  '## team\nbilling',
  '\\',
  'a\r\nb\u2028c',
  '\ud83d\ude00 and half: \ud83d',
]

/**
 * The cases an adapter must pass. Run each as a test.
 *
 * @example for (const { name, run } of adapterContract(myAdapter)) test(name, run)
 */
export function adapterContract(adapter: Adapter, options: AdapterContractOptions = {}): AdapterCase[] {
  const read = options.isFree ? [] : [...readingBack(adapter), refusing(adapter), ...streaming(adapter)]
  return [...read, ...refusingNonsense(adapter), ...rendering(adapter)]
}

function answerTo(adapter: Adapter, outputs: object): string {
  const { prompt } = adapter.render(asked, [{ inputs: { text: 'x' }, outputs: outputs as never }], { text: 'y' })
  return messageText(prompt.findLast(({ role }) => role === 'assistant'))
}

function readingBack(adapter: Adapter): AdapterCase[] {
  return ['two words', ...nastyTexts].map((words) => ({
    name: `reads back a demonstration whose text is ${JSON.stringify(words)}, with nothing to mend`,
    run: async () => {
      const { outputs, repairs } = adapter.parse(asked, answerTo(adapter, { ...plain, words }))
      const got = JSON.stringify(outputs)
      expect(isDeepStrictEqual(outputs, { ...plain, words }), `expected ${JSON.stringify(words)}, got ${got}`)
      expect(repairs.length === 0, `expected nothing to mend, got ${repairs.join('; ')}`)
    },
  }))
}

function refusing(adapter: Adapter): AdapterCase {
  return {
    name: 'an answer with a value that is not allowed is refused by the field',
    run: async () => {
      for (const [field, value] of [['team', 'sales'] as const, ['score', 'many'] as const, ['tags', 'a'] as const]) {
        const answer = answerTo(adapter, { ...plain, [field]: value })
        refused(
          caught(() => adapter.parse(asked, answer)),
          field,
        )
      }
    },
  }
}

function refusingNonsense(adapter: Adapter): AdapterCase[] {
  return [
    {
      name: 'an answer it cannot read is dspx/unparsable-answer with field, expected and got',
      run: async () => {
        for (const text of ['', ' ', 'I am a teapot.', '{', '<', '[[ ## ', '## ', '\ud83d', 'x'.repeat(100_000)]) {
          refused(caught(() => adapter.parse(asked, text)))
          refused(caught(() => streamed(adapter, text, 1).end()))
        }
      },
    },
  ]
}

function streaming(adapter: Adapter): AdapterCase[] {
  return [
    {
      name: 'a reader gives the same deltas and outputs however the answer is cut',
      run: async () => {
        for (const words of nastyTexts) {
          const text = answerTo(adapter, { ...plain, words })
          const whole = streamed(adapter, text, text.length)
          for (const size of [1, 2, 3, 7, 50]) {
            const pieces = streamed(adapter, text, size)
            const isSame = isDeepStrictEqual(pieces.texts, whole.texts)
            expect(
              isSame,
              `pieces of ${size}: expected ${JSON.stringify(whole.texts)}, got ${JSON.stringify(pieces.texts)}`,
            )
            const { outputs } = pieces.end()
            expect(isDeepStrictEqual(outputs, { ...plain, words }), `pieces of ${size}: got ${JSON.stringify(outputs)}`)
          }
        }
      },
    },
    {
      name: 'a reader gives outputs only, and text of a field is its value',
      run: async () => {
        const { texts } = streamed(adapter, answerTo(adapter, plain), 3)
        const unknown = Object.keys(texts).filter((name) => !(name in plain))
        expect(unknown.length === 0, `expected outputs only, got ${unknown.join(', ')}`)
        expect((texts.words ?? plain.words) === plain.words, `expected "${plain.words}", got ${texts.words}`)
      },
    },
  ]
}

function rendering(adapter: Adapter): AdapterCase[] {
  return [
    {
      name: 'the constant messages are the same objects for every question, and frozen',
      run: async () => {
        const prepared = adapter.prepare(asked, [demo])
        const [first, second] = [prepared.ask({ text: 'a' }).prompt, prepared.ask({ text: 'b' }).prompt]
        const constant = first.slice(0, -1)
        expect(
          constant.every((message, i) => message === second[i] && Object.isFrozen(message)),
          'expected shared messages',
        )
        expect(messageText(first.at(-1)) !== messageText(second.at(-1)), 'expected the questions to differ')
      },
    },
    {
      name: 'render is prepare and ask',
      run: async () => {
        const rendered = adapter.render(asked, [demo], { text: 'a' })
        const prepared = adapter.prepare(asked, [demo]).ask({ text: 'a' })
        expect(isDeepStrictEqual(rendered, prepared), 'expected the same prompt')
      },
    },
    {
      name: 'the prompt names every field, its allowed values and the instructions',
      run: async () => {
        const text = adapter.render(asked, [], { text: 'a' }).prompt.map(messageText).join('\n')
        for (const part of ['text', 'words', 'team', '"billing" | "tech"', 'urgent', 'score', asked.instructions]) {
          expect(text.includes(part), `expected ${part} in the prompt`)
        }
      },
    },
    {
      name: 'media are parts of the message, and no text of it',
      run: async () => {
        const seen: Signature = signature('photo: image -> words')
        const photo = { data: 'AQL/', mediaType: 'image/png' }
        const { prompt } = adapter.render(seen, [], { photo })
        const content = prompt.at(-1)?.content
        const parts = typeof content === 'string' || content === undefined ? [] : content
        expect(parts.filter(({ type }) => type === 'file').length === 1, 'expected one file part')
        expect(!messageText(prompt.at(-1)).includes(photo.data), 'expected no bytes in the text')
      },
    },
  ]
}

function streamed(adapter: Adapter, text: string, size: number) {
  const reader = adapter.reader(asked)
  const texts: { [field: string]: string } = {}
  for (let at = 0; at < text.length; at += size) {
    for (const delta of reader.push(text.slice(at, at + size))) {
      texts[delta.field] = (texts[delta.field] ?? '') + delta.text
    }
  }
  return { texts, end: () => reader.end() }
}

function refused(thrown: unknown, field?: string): void {
  const isTold = hasCode(thrown, 'dspx/unparsable-answer')
  expect(isTold && 'field' in thrown.data && 'expected' in thrown.data && 'got' in thrown.data, String(thrown))
  if (field !== undefined) expect(isTold && thrown.data.field === field, `expected ${field} to be refused`)
}

function caught(run: () => unknown): unknown {
  try {
    return run()
  } catch (thrown) {
    return thrown
  }
}

function expect(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence)
}
