import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Demo, signature } from '../signatures/signature.ts'
import { adapterContract, messageText } from '../testing/index.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'
import { markdownAdapter } from './markdown.ts'
import { toolAdapter } from './tool.ts'
import { xmlAdapter } from './xml.ts'

const triage = signature({
  instructions: 'Route the ticket.',
  inputs: { text: z.string().describe('the ticket') },
  outputs: {
    team: z.enum(['billing', 'tech_support']).describe('who acts first'),
    urgent: z.boolean(),
    stars: z.number().optional(),
  },
})
const demo: Demo = { inputs: { text: 'I paid twice' }, outputs: { team: 'billing', urgent: false } }

describe.each([chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter, toolAdapter])(
  '$name keeps the contract',
  (adapter) => {
    for (const { name, run } of adapterContract(adapter)) test(name, run)
  },
)

describe('chatAdapter', () => {
  test('writes fields, format and instructions, then demonstrations as turns, then the question', () => {
    const { prompt, responseFormat } = chatAdapter.render(triage, [demo], { text: 'It is down' })
    expect(responseFormat).toBeUndefined()
    expect(prompt.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
    expect(prompt.map(messageText)).toMatchInlineSnapshot(`
      [
        "Your input fields are:
      1. \`text\` (string): the ticket

      Your output fields are:
      1. \`team\` ("billing" | "tech_support"): who acts first
      2. \`urgent\` (boolean)
      3. \`stars\` (number, may be left out)

      All messages have this structure, with the values filled in:

      [[ ## text ## ]]
      {text}

      [[ ## team ## ]]
      {team}

      [[ ## urgent ## ]]
      {urgent}

      [[ ## stars ## ]]
      {stars}

      [[ ## completed ## ]]

      In adhering to this structure, your objective is:
      Route the ticket.",
        "[[ ## text ## ]]
      I paid twice",
        "[[ ## team ## ]]
      billing

      [[ ## urgent ## ]]
      false

      [[ ## completed ## ]]",
        "[[ ## text ## ]]
      It is down

      Respond with the corresponding output fields, starting with the field \`[[ ## team ## ]]\`, then \`[[ ## urgent ## ]]\`, then \`[[ ## stars ## ]]\`, and then ending with the marker for \`[[ ## completed ## ]]\`.",
      ]
    `)
  })

  test('shares its constant messages between questions, and nobody can change them', () => {
    const prepared = chatAdapter.prepare(triage, [demo])
    const [first, second] = [prepared.ask({ text: 'a' }).prompt, prepared.ask({ text: 'b' }).prompt]
    expect(first[0]).toBe(second[0])
    expect(first.slice(0, 3).every((message) => Object.isFrozen(message))).toBe(true)
    expect(messageText(first[3])).not.toBe(messageText(second[3]))
  })

  test.each([
    ['as asked', '[[ ## team ## ]]\nbilling\n\n[[ ## urgent ## ]]\ntrue\n\n[[ ## completed ## ]]'],
    ['in another case and spacing', '[[##Team##]] Billing.\n[[ ## URGENT ## ]]\n  Yes\n'],
    ['with marks around values', '[[ ## team ## ]]\n**"billing"**\n[[ ## urgent ## ]]\n`True`'],
    ['in a code fence', '```\n[[ ## team ## ]]\nbilling\n[[ ## urgent ## ]]\ntrue\n```'],
    ['twice, of which the first counts', '[[ ## team ## ]]\nbilling\n[[ ## urgent ## ]]\ntrue\n[[ ## team ## ]]\nx'],
    ['as JSON instead', 'Here: {"team": "billing", "urgent": true}'],
  ])('reads an answer written %s', (_, text) => {
    expect(chatAdapter.parse(triage, text).outputs).toEqual({ team: 'billing', urgent: true })
  })

  test('hyphens, spaces and underscores are the same in allowed values, unless that is ambiguous', () => {
    const text = '[[ ## team ## ]]\nTech support\n[[ ## urgent ## ]]\nfalse'
    expect(chatAdapter.parse(triage, text).outputs).toMatchObject({ team: 'tech_support' })
    const twins = signature('a -> b: "x y" | "x_y"')
    expect(() => chatAdapter.parse(twins, '[[ ## b ## ]]\nx-y')).toThrow('expected one of "x y" | "x_y"')
  })

  test('a lone output needs no marker', () => {
    expect(chatAdapter.parse(signature('q -> answer: number'), ' 1,234.5 ').outputs).toEqual({ answer: 1234.5 })
    expect(() => chatAdapter.parse(signature('q -> answer'), '  ')).toThrow('the marker [[ ## answer ## ]]')
  })

  test.each([
    ['a missing field', '[[ ## team ## ]]\nbilling', 'urgent', 'boolean', 'nothing'],
    [
      'a value that is not allowed',
      '[[ ## team ## ]]\nsales\n[[ ## urgent ## ]]\nno',
      'team',
      '"tech_support"',
      '"sales"',
    ],
    ['a wrong type', '[[ ## team ## ]]\nbilling\n[[ ## urgent ## ]]\nmaybe', 'urgent', 'boolean', '"maybe"'],
    ['nonsense', 'I am a teapot.', 'team', 'the marker', '"I am a teapot."'],
  ])('%s is an error with field, expectation and what was got', (_, text, field, expected, got) => {
    let thrown: unknown
    try {
      chatAdapter.parse(triage, text)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'dspx/unparsable-answer', data: { field, got } })
    expect((thrown as Error).message).toContain(expected)
  })

  test('a demonstration may leave out fields, and the system message says so', () => {
    const partial = { inputs: demo.inputs, outputs: { team: 'billing' } }
    const { prompt } = chatAdapter.render(triage, [partial], { text: 'x' })
    expect(messageText(prompt[0])).toContain('The examples may leave out fields')
    expect(messageText(prompt[2])).toBe('[[ ## team ## ]]\nbilling\n\n[[ ## completed ## ]]')
  })
})

describe('jsonAdapter', () => {
  test('writes JSON turns and gives the provider a strict schema', () => {
    const { prompt, responseFormat } = jsonAdapter.render(triage, [demo], { text: 'It is "down"' })
    expect(prompt.map(messageText)).toMatchInlineSnapshot(`
      [
        "Your input fields are:
      1. \`text\` (string): the ticket

      Your output fields are:
      1. \`team\` ("billing" | "tech_support"): who acts first
      2. \`urgent\` (boolean)
      3. \`stars\` (number, may be left out)

      Each request is a JSON object with the keys "text". Answer with one JSON object and nothing else, with the keys in this order: "team", "urgent", "stars".

      In adhering to this structure, your objective is:
      Route the ticket.",
        "{"text": "I paid twice"}",
        "{"team": "billing", "urgent": false}",
        "{"text": "It is \\"down\\""}",
      ]
    `)
    expect(responseFormat).toMatchInlineSnapshot(`
      {
        "name": "answer",
        "schema": {
          "additionalProperties": false,
          "properties": {
            "stars": {
              "anyOf": [
                {
                  "type": "number",
                },
                {
                  "type": "null",
                },
              ],
            },
            "team": {
              "description": "who acts first",
              "enum": [
                "billing",
                "tech_support",
              ],
              "type": "string",
            },
            "urgent": {
              "type": "boolean",
            },
          },
          "required": [
            "team",
            "urgent",
            "stars",
          ],
          "type": "object",
        },
        "type": "json",
      }
    `)
  })

  test('leaves out the schema where a field accepts anything or any keys', () => {
    for (const b of [z.any(), z.record(z.string(), z.string()), z.array(z.any()), z.object({ c: z.json() })]) {
      const open = signature({ inputs: { a: z.string() }, outputs: { b } })
      expect(jsonAdapter.render(open, [], { a: 'x' }).responseFormat).toEqual({ type: 'json' })
    }
  })

  test('gives objects inside as strict providers ask: every key required, null for what may be left out', () => {
    const asked = signature('a -> rows: { name: string, amount?: number(0..) }[]')
    expect(jsonAdapter.render(asked, [], { a: 'x' }).responseFormat).toEqual({
      type: 'json',
      name: 'answer',
      schema: {
        type: 'object',
        properties: {
          rows: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string' },
                amount: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] },
              },
              required: ['name', 'amount'],
              additionalProperties: false,
            },
          },
        },
        required: ['rows'],
        additionalProperties: false,
      },
    })
    expect(jsonAdapter.parse(asked, '{"rows": [{"name": "x", "amount": null}]}')).toEqual({
      outputs: { rows: [{ name: 'x' }] },
      repairs: [],
    })
  })

  test.each([
    ['as asked', '{"team": "billing", "urgent": true}'],
    ['in a fence with prose', 'Sure!\n```json\n{"team": "billing", "urgent": true}\n```\nAnything else?'],
    ['with broken syntax', "{team: 'billing', urgent: true,}"],
    ['cut before its end', '{"team": "billing", "urgent": true'],
    ['with values as text', '{"Team": "Billing", "urgent": "yes", "stars": null}'],
  ])('reads an answer written %s', (_, text) => {
    expect(jsonAdapter.parse(triage, text).outputs).toEqual({ team: 'billing', urgent: true })
  })

  test('an answer without an object is refused', () => {
    expect(() => jsonAdapter.parse(triage, 'billing')).toThrow('output team: expected one JSON object')
    expect(() => jsonAdapter.parse(triage, '[1]')).toThrow('one JSON object')
    expect(() => jsonAdapter.parse(triage, '{"__proto__": {"team": "billing"}}')).toThrow('output team')
  })
})

describe.each([chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter])('$name reads names', (adapter) => {
  const twins = signature('q -> team, Team, TEAM_NAME')
  const written = (names: readonly string[]) => {
    const outputs = Object.fromEntries(names.map((name) => [name, `of ${name}`]))
    const asked = signature(`q -> ${names.join(', ')}`)
    const { prompt } = adapter.render(asked, [{ inputs: { q: 'x' }, outputs }], { q: 'y' })
    return messageText(prompt[2])
  }

  test('that differ only in case exactly, and another case or mark only where one field can be meant', () => {
    const values = { team: 'of team', Team: 'of Team', TEAM_NAME: 'of TEAM_NAME' }
    expect(adapter.parse(twins, written(['team', 'Team', 'TEAM_NAME']))).toEqual({ outputs: values, repairs: [] })
    const loose = adapter.parse(twins, written(['team', 'Team', 'teamName']))
    expect(loose.outputs).toEqual({ ...values, TEAM_NAME: 'of teamName' })
    expect(loose.repairs).toEqual(['TEAM_NAME: read "teamName" as its name'])
    expect(() => adapter.parse(twins, written(['team', 'TEAM', 'TEAM_NAME']))).toThrow('output Team')
  })
})
