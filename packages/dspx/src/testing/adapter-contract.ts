/** What every adapter must hold, as cases to be run by any test runner. */

import { isDeepStrictEqual } from 'node:util'
import { isMabeamError } from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import { type Signature, signature } from '../signatures/signature.ts'
import { messageText } from './message-text.ts'

/** A named case; `run` rejects when the contract is broken. */
export interface AdapterCase {
  readonly name: string
  run(): Promise<void>
}

/**
 * The cases an adapter must pass. Run each as a test.
 *
 * @example for (const { name, run } of adapterContract(myAdapter)) test(name, run)
 */
export function adapterContract(adapter: Adapter): AdapterCase[] {
  const asked: Signature = signature('text, hint? -> words, team: "billing" | "tech", urgent: boolean, score: number')
  const plain = { words: 'two words', team: 'tech', urgent: true, score: -0.5 }
  const nastyTexts = [
    '',
    ' ',
    '"',
    '\n\n',
    '{"words": 1}',
    '```\nx\n```',
    '[[ ## team ## ]]\nbilling',
    '<team>x</team>',
    '\\',
  ]
  const answerTo = (outputs: object) => {
    const { prompt } = adapter.render(asked, [{ inputs: { text: 'x' }, outputs: outputs as never }], { text: 'y' })
    return messageText(prompt.findLast(({ role }) => role === 'assistant'))
  }
  return [
    ...['two words', ...nastyTexts].map((words) => ({
      name: `reads back a demonstration whose text is ${JSON.stringify(words)}`,
      run: async () => {
        const read = adapter.parse(asked, answerTo({ ...plain, words })).outputs
        expect(
          isDeepStrictEqual(read, { ...plain, words }),
          `expected ${JSON.stringify(words)}, got ${JSON.stringify(read)}`,
        )
      },
    })),
    {
      name: 'an answer it cannot read is dspx/unparsable-answer with field, expected and got',
      run: async () => {
        for (const text of ['', 'I am a teapot.', answerTo({ ...plain, team: 'sales' })]) {
          const thrown = caught(() => adapter.parse(asked, text))
          const told = isMabeamError(thrown) && thrown.code === 'dspx/unparsable-answer'
          expect(told && 'field' in thrown.data && 'expected' in thrown.data && 'got' in thrown.data, String(thrown))
        }
      },
    },
    {
      name: 'the constant messages are the same objects for every question, and frozen',
      run: async () => {
        const prepared = adapter.prepare(asked, [{ inputs: { text: 'x' }, outputs: plain }])
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
        const demos = [{ inputs: { text: 'x' }, outputs: plain }]
        const rendered = adapter.render(asked, demos, { text: 'a' })
        const prepared = adapter.prepare(asked, demos).ask({ text: 'a' })
        expect(isDeepStrictEqual(rendered, prepared), 'expected the same prompt')
      },
    },
  ]
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
