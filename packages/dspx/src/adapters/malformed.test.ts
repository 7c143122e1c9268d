/** Answers as models write them when they do not write what was asked: each is read right, or refused by name. */

import { describe, expect, test } from 'vitest'
import { signature } from '../signatures/signature.ts'
import type { Adapter } from './adapter.ts'
import { chatAdapter } from './chat.ts'
import { valueText } from './field-value.ts'
import { jsonAdapter } from './json.ts'
import type { MalformedAnswer } from './malformed-answer.fixture.ts'
import { malformedChat } from './malformed-chat.fixture.ts'
import { malformedJson } from './malformed-json.fixture.ts'
import { malformedMarkdown } from './malformed-markdown.fixture.ts'
import { malformedValues, refused } from './malformed-values.fixture.ts'
import { malformedXml } from './malformed-xml.fixture.ts'
import { markdownAdapter } from './markdown.ts'
import { toolAdapter } from './tool.ts'
import { twoStepAdapter } from './two-step.ts'
import { xmlAdapter } from './xml.ts'

interface Format {
  readonly adapter: Adapter
  /** An answer as asked, but for the text of `x`. */
  readonly around: (written: string) => string
  readonly isJson: boolean
}

const chat = (written: string) =>
  `[[ ## before ## ]]\nb\n\n[[ ## x ## ]]\n${written}\n\n[[ ## after ## ]]\na\n\n[[ ## completed ## ]]`
const json = (written: string) => `{"before": "b", "x": ${JSON.stringify(written)}, "after": "a"}`

const formats: readonly Format[] = [
  { adapter: chatAdapter, around: chat, isJson: false },
  { adapter: jsonAdapter, around: json, isJson: true },
  { adapter: toolAdapter, around: json, isJson: true },
  {
    adapter: xmlAdapter,
    around: (written) => `<before>\nb\n</before>\n<x>\n${written}\n</x>\n<after>\na\n</after>`,
    isJson: false,
  },
  {
    adapter: markdownAdapter,
    around: (written) => `## before\nb\n\n## x\n${written}\n\n## after\na\n\n## completed`,
    isJson: false,
  },
  { adapter: twoStepAdapter(), around: json, isJson: true },
  { adapter: twoStepAdapter({ adapter: chatAdapter, name: 'two-step chat' }), around: chat, isJson: false },
]

describe.each(formats)('a value in an answer of the $adapter.name format', ({ adapter, around, isJson }) => {
  test.each(malformedValues.map((row, i) => [i, row[0], row[1].slice(0, 40), row] as const))(
    '%i: %s written as %j is read right or refused',
    (_, type, __, [, written, inText, inJson = inText]) => {
      const asked = signature(`q -> before, x: ${type}, after`)
      const expected = isJson ? inJson : inText
      const read = attempt(() => adapter.parse(asked, around(written)))
      if (expected === refused) {
        expect(read).toMatchObject({ code: 'dspx/unparsable-answer', data: { field: 'x' } })
        expect((read as { data: { expected: string } }).data.expected).toContain(asked.outputs[1]?.typeText)
        return
      }
      expect(read).toMatchObject({ outputs: { before: 'b', x: expected, after: 'a' } })
      expect((read as { outputs: { x: unknown } }).outputs.x).toEqual(expected)
      const isAsAsked =
        expected === (isJson ? written : written.trim()) ||
        valueText(asked.outputs[1] as never, expected) === written.trim() ||
        isOnlySpacing(written, expected)
      const { repairs } = read as { repairs: readonly string[] }
      if (!isAsAsked) expect(repairs.join('\n'), 'what was mended is said').not.toBe('')
      else if (!isJson || typeof expected === 'string') expect(repairs).toEqual([])
    },
  )
})

/** JSON is the same whatever the spaces, the form of a number, and members that are null or not asked for. */
function isOnlySpacing(written: string, expected: unknown): boolean {
  return typeof expected === 'object' && /^[[{]/.test(written) && isStrict(written)
}

function isStrict(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const triage = signature('mail -> team: "billing" | "tech", urgency: int(1..5), reason: string, note?: string')

describe.each([
  ['chat', chatAdapter, malformedChat],
  ['json', jsonAdapter, malformedJson],
  ['tool', toolAdapter, malformedJson],
  ['xml', xmlAdapter, malformedXml],
  ['markdown', markdownAdapter, malformedMarkdown],
] as [string, Adapter, readonly MalformedAnswer[]][])('an answer in the %s format', (_, adapter, answers) => {
  const rows = answers.map(([wrong, text, expected, said = '']) => ({ wrong, text, expected, said }))
  test.each(rows)('$wrong is read right or refused', ({ text, expected, said }) => {
    const read = attempt(() => adapter.parse(triage, text))
    if (Array.isArray(expected)) {
      const [field, what] = expected as readonly [string, string]
      expect(read).toMatchObject({ code: 'dspx/unparsable-answer', data: { field } })
      expect((read as { data: { expected: string } }).data.expected).toContain(what)
      return
    }
    expect(read).toMatchObject({ outputs: expected })
    expect((read as { outputs: unknown }).outputs).toEqual(expected)
    const { repairs } = read as { repairs: readonly string[] }
    if (said === '') expect(repairs).toEqual([])
    else expect(repairs.join('\n')).toContain(said)
  })

  test('the table has at least 200 rows with those of the values', () => {
    expect(malformedValues.length + answers.length).toBeGreaterThanOrEqual(200)
  })
})

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (thrown) {
    return thrown
  }
}
