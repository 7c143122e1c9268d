import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { signature } from '../signatures/signature.ts'
import { messageText } from '../testing/index.ts'
import type { Adapter } from './adapter.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'
import { markdownAdapter } from './markdown.ts'
import { toolAdapter } from './tool.ts'
import { xmlAdapter } from './xml.ts'

const everything = signature({
  inputs: { text: z.string(), extra: z.json() },
  outputs: {
    words: z.string(),
    team: z.enum(['billing', 'tech', '[[ ## words ## ]]', '"quoted"', ' space ', 'a_b', '```']),
    urgent: z.boolean(),
    score: z.number(),
    tags: z.array(z.string()),
    data: z.json(),
    note: z.string().optional(),
  },
})

/** Text that tries to break out: markers, fences, quotes, braces, backslashes, line breaks, odd Unicode. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        '[[ ## words ## ]]',
        '\n[[ ## team ## ]]\n',
        '[[ ## completed ## ]]',
        '\n[[\\## team ## ]]',
        '\n\\[[ ## team ## ]]',
        '\n## team\n',
        '\n \\\\## completed',
        '**Score:** 5',
        '\n<team>',
        '</words>',
        '&lt;',
        '&',
        '<![CDATA[',
        ']]>',
        '[[ \\\\## completed ## ]]',
        '[[##urgent##]]',
        '```json\n{',
        '```',
        '"',
        '\\',
        '{"words": 1}',
        '\n\n',
        '\r\n',
        ' ',
        '\u2028',
        '\ud800',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x))
// zod drops a `__proto__` key inside JSON values, which is as it should be.
const json = fc
  .json({ maxDepth: 3 })
  .filter((text) => !text.includes('__proto__'))
  .map((text) => JSON.parse(text.replace(/-0(?![.\d])/g, '0')) as never)
const outputs = fc.record(
  {
    words: nasty,
    team: fc.constantFrom('billing', 'tech', '[[ ## words ## ]]', '"quoted"', ' space ', 'a_b', '```'),
    urgent: fc.boolean(),
    score: finite,
    tags: fc.array(nasty, { maxLength: 3 }),
    data: json,
    note: nasty,
  },
  { requiredKeys: ['words', 'team', 'urgent', 'score', 'tags', 'data'] },
)

const written = (adapter: Adapter, given: object) => {
  const demo = { inputs: { text: 'x', extra: null }, outputs: given as never }
  return messageText(adapter.render(everything, [demo], { text: 'y', extra: null }).prompt[2])
}

describe.each([chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter, toolAdapter])('the $name adapter', (adapter) => {
  test('reads what it wrote, whatever the values hold', () => {
    fc.assert(
      fc.property(outputs, (given) => {
        const read = adapter.parse(everything, written(adapter, given))
        expect(read.outputs).toEqual(given)
        expect(read.repairs).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('reads what it wrote inside a code fence and with prose around', () => {
    fc.assert(
      fc.property(outputs, (given) => {
        const plain = { ...given, words: 'plain', team: 'tech', tags: [], data: 1 }
        const text = `Sure, here you are:\n\n\`\`\`\n${written(adapter, { ...plain, note: 'last' })}\n\`\`\``
        expect(adapter.parse(everything, text).outputs).toEqual({ ...plain, note: 'last' })
      }),
    )
  })

  test('never throws anything but unparsable-answer, whatever the answer', () => {
    const fragments = fc.array(
      fc.oneof(
        nasty,
        fc.constantFrom('team', ':', '{', '}', '[', ',', 'null', '1e999', '<', '>', '/', '## ', '\n', '**'),
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fragments.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            adapter.parse(everything, text)
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'dspx/unparsable-answer' })
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('gives the same deltas however the answer is cut, and the same outputs as the whole', () => {
    const answer = fc.oneof(
      { weight: 3, arbitrary: outputs.map((given) => written(adapter, given)) },
      { weight: 1, arbitrary: outputs.map((given) => `Sure:\n\`\`\`\n${written(adapter, given)}\n\`\`\``) },
      {
        weight: 2,
        arbitrary: fc.tuple(outputs, fc.nat(400)).map(([given, at]) => written(adapter, given).slice(0, at)),
      },
      { weight: 1, arbitrary: fc.array(nasty).map((parts) => parts.join('')) },
    )
    fc.assert(
      fc.property(answer, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (text, sizes) => {
        const whole = streamed(adapter, [text])
        expect(streamed(adapter, cut(text, sizes))).toEqual(whole)
        expect(streamed(adapter, [...cut(text, [1])])).toEqual(whole)
        expect(whole.end).toEqual(attempted(() => adapter.parse(everything, text)))
      }),
      { numRuns: 400 },
    )
  })

  test('the deltas of text fields of a whole answer are their values', () => {
    fc.assert(
      fc.property(outputs, (given) => {
        const { texts } = streamed(adapter, cut(written(adapter, given), [3]))
        for (const name of ['words', 'note'] as const) {
          const value = given[name] ?? ''
          const isQuoted = texts[name]?.startsWith('"') === true && adapter.name !== 'json' && adapter.name !== 'tool'
          expect(isQuoted ? JSON.parse(texts[name] ?? '') : (texts[name] ?? '')).toBe(value)
        }
      }),
      { numRuns: 300 },
    )
  })
})

function streamed(adapter: Adapter, pieces: readonly string[]) {
  const reader = adapter.reader(everything)
  const texts: { [field: string]: string } = {}
  for (const piece of pieces) {
    for (const { field, text } of reader.push(piece)) texts[field] = (texts[field] ?? '') + text
  }
  return { texts, end: attempted(() => reader.end()) }
}

function attempted(read: () => unknown): unknown {
  try {
    return read()
  } catch (thrown) {
    return (thrown as Error).message
  }
}

/** Pieces of the sizes in turn, also through the middle of a character. */
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length] as number
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}
