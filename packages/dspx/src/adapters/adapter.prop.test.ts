import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { signature } from '../signatures/signature.ts'
import { messageText } from '../testing/index.ts'
import type { Adapter } from './adapter.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'

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

describe.each([chatAdapter, jsonAdapter])('the $name adapter', (adapter) => {
  test('reads what it wrote, whatever the values hold', () => {
    fc.assert(
      fc.property(outputs, (given) => {
        expect(adapter.parse(everything, written(adapter, given)).outputs).toEqual(given)
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
    const fragments = fc.array(fc.oneof(nasty, fc.constantFrom('team', ':', '{', '}', '[', ',', 'null', '1e999')))
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
})
