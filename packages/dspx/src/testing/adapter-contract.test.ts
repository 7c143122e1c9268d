/** The contract finds bugs: each adapter here is broken in one way, and each is caught. */

import { expect, test } from 'vitest'
import type { Adapter } from '../adapters/adapter.ts'
import { wholeReader } from '../adapters/answer-reader.ts'
import { chatAdapter } from '../adapters/chat.ts'
import { jsonAdapter } from '../adapters/json.ts'
import { markdownAdapter } from '../adapters/markdown.ts'
import { xmlAdapter } from '../adapters/xml.ts'
import type { Prompt } from '../models/language-model.ts'
import { adapterContract } from './adapter-contract.ts'

/** The adapter with what it wrote changed. */
function writing(adapter: Adapter, change: (text: string) => string): Adapter {
  const changed = (prompt: Prompt): Prompt =>
    prompt.map((message) => {
      if (message.role !== 'assistant') return message
      return Object.freeze({
        ...message,
        content: message.content.map((part) => (part.type === 'text' ? { ...part, text: change(part.text) } : part)),
      })
    })
  const prepare: Adapter['prepare'] = (...given) => {
    const prepared = adapter.prepare(...given)
    const constant = changed(prepared.ask({ text: '' }).prompt.slice(0, -1))
    return {
      ask: (inputs) => {
        const rendered = prepared.ask(inputs)
        return { ...rendered, prompt: [...constant, ...rendered.prompt.slice(-1)] }
      },
    }
  }
  return { ...adapter, prepare, render: (asked, demos, inputs) => prepare(asked, demos).ask(inputs) }
}

/** The adapter with what it reads changed. */
function reading(adapter: Adapter, change: (text: string) => string): Adapter {
  const parse: Adapter['parse'] = (asked, text) => adapter.parse(asked, change(text))
  return { ...adapter, parse, reader: (asked) => wholeReader(asked.name, (text) => parse(asked, text)) }
}

/** The adapter with a reader whose pieces are changed. */
function cutting(adapter: Adapter, change: (text: string, index: number) => string): Adapter {
  return {
    ...adapter,
    reader: (asked) => {
      const reader = adapter.reader(asked)
      let index = 0
      return { push: (text) => reader.push(change(text, index++)), end: () => reader.end() }
    },
  }
}

const broken: readonly (readonly [bug: string, adapter: Adapter])[] = [
  ['does not escape markers', writing(chatAdapter, (text) => text.replaceAll('\\[[', '[['))],
  ['escapes nothing in tags', writing(xmlAdapter, (text) => text.replaceAll('&lt;', '<'))],
  ['escapes no ampersands', writing(xmlAdapter, (text) => text.replaceAll('&amp;', '&'))],
  ['does not escape headings', writing(markdownAdapter, (text) => text.replaceAll('\\##', '##'))],
  ['leaves out the end', writing(chatAdapter, (text) => text.replace('[[ ## completed ## ]]', ''))],
  ['trims its lines', writing(jsonAdapter, (text) => text.replace('" "', '""'))],
  ['takes quotes away', writing(markdownAdapter, (text) => text.replace(/^"(.*)"$/gm, '$1'))],
  ['reads in small letters', reading(jsonAdapter, (text) => text.toLowerCase().replace('two words', 'Two words'))],
  ['reads without line ends', reading(xmlAdapter, (text) => text.replaceAll('\n', ' '))],
  ['drops half characters', reading(jsonAdapter, (text) => text.replaceAll('\\ud83d', ''))],
  ['gives defaults', { ...chatAdapter, parse: () => ({ outputs: {}, repairs: [] }) }],
  [
    'throws what it likes',
    {
      ...jsonAdapter,
      parse: (asked, text) => {
        JSON.parse(text)
        return jsonAdapter.parse(asked, text)
      },
    },
  ],
  [
    'lets everything pass',
    {
      ...chatAdapter,
      parse: (asked, text) => {
        try {
          return chatAdapter.parse(asked, text)
        } catch {
          return { outputs: {}, repairs: [] }
        }
      },
    },
  ],
  ['always mends', { ...jsonAdapter, parse: (asked, text) => ({ ...jsonAdapter.parse(asked, text), repairs: ['x'] }) }],
  ['forgets the first piece', cutting(chatAdapter, (text, i) => (i === 0 ? '' : text))],
  ['trims pieces', cutting(markdownAdapter, (text) => text.trim() || text)],
  ['cuts a piece', cutting(xmlAdapter, (text, i) => (i === 5 ? text.slice(1) : text))],
  [
    'streams what is no output',
    {
      ...jsonAdapter,
      reader: (asked) => ({
        ...jsonAdapter.reader(asked),
        push: (text) => [{ field: 'text', text }],
      }),
    },
  ],
  ['renders anew', { ...chatAdapter, render: (asked, demos) => chatAdapter.render(asked, demos, { text: 'other' }) }],
  [
    'shares nothing',
    { ...chatAdapter, prepare: (asked, demos) => ({ ask: (inputs) => chatAdapter.render(asked, demos, inputs) }) },
  ],
  [
    'forgets the instructions',
    {
      ...chatAdapter,
      render: (asked, demos, inputs) => chatAdapter.render({ ...asked, instructions: '' }, demos, inputs),
    },
  ],
  [
    'writes media as text',
    {
      ...chatAdapter,
      render: (asked, demos, inputs) => {
        const rendered = chatAdapter.render(asked, demos, inputs)
        const text = JSON.stringify(inputs)
        return { prompt: [...rendered.prompt.slice(0, -1), { role: 'user', content: [{ type: 'text', text }] }] }
      },
    },
  ],
]

test.each(broken)('an adapter that %s is caught', async (_, adapter) => {
  const results = await Promise.allSettled(adapterContract(adapter).map(({ run }) => Promise.resolve().then(run)))
  expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
})

test.each([chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter])(
  'the $name adapter passes in every disguise',
  async (adapter) => {
    const same = (text: string) => text
    for (const one of [writing(adapter, same), reading(adapter, same), cutting(adapter, same)]) {
      for (const { run } of adapterContract(one)) await run()
    }
  },
)
