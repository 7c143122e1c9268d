/** Prompts as tools and people write them, and the answers that these expect. */

import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { JSONSchema7 } from 'json-schema'
import { describe, expect, test } from 'vitest'
import { localModel } from './local-model.ts'

const user = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] })
const assistant = (text: string) => ({ role: 'assistant' as const, content: [{ type: 'text' as const, text }] })
const system = (content: string) => ({ role: 'system' as const, content })

async function ask(prompt: LanguageModelV4Prompt, call: Partial<LanguageModelV4CallOptions> = {}): Promise<string> {
  const { content } = await localModel('small').doGenerate({ prompt, ...call })
  return content[0]?.type === 'text' ? content[0].text : ''
}

describe('chat markers', () => {
  const format = system(`Your input fields are:
1. \`text\` (str): a ticket
Your output fields are:
1. \`reasoning\` (str):
2. \`team\` (Literal['billing', 'technical']): who acts
3. \`urgent\` (bool): whether it cannot wait
4. \`evidence\` (str): the words that decided
All interactions will be structured in the following way, with the appropriate values filled in.

[[ ## text ## ]]
{text}

[[ ## reasoning ## ]]
{reasoning}

[[ ## team ## ]]
{team}        # note: the value you produce must exactly match (no extra characters) one of: billing; technical

[[ ## urgent ## ]]
{urgent}        # note: the value you produce must be True or False

[[ ## evidence ## ]]
{evidence}

[[ ## completed ## ]]
In adhering to this structure, your objective is: Given the fields \`text\`, produce the fields \`reasoning\`, \`team\`, \`urgent\`, \`evidence\`.`)
  const reminder =
    "Respond with the corresponding output fields, starting with the field `[[ ## reasoning ## ]]`, then `[[ ## team ## ]]` (must be formatted as a valid Python Literal['billing', 'technical']), then `[[ ## urgent ## ]]` (must be formatted as a valid Python bool), then `[[ ## evidence ## ]]`, and then ending with the marker for `[[ ## completed ## ]]`."

  test('are answered in markers, in the order asked, with the words that weighed most', async () => {
    const demo = (text: string, team: string, urgent: string, evidence: string) => [
      user(`[[ ## text ## ]]\n${text}`),
      assistant(
        `[[ ## reasoning ## ]]\nseen\n\n[[ ## team ## ]]\n${team}\n\n[[ ## urgent ## ]]\n${urgent}\n\n[[ ## evidence ## ]]\n${evidence}\n\n[[ ## completed ## ]]\n`,
      ),
    ]
    const answer = await ask([
      format,
      ...demo('I was charged twice for June', 'billing', 'False', 'charged twice'),
      ...demo('the whole shop crashes right now', 'technical', 'True', 'shop crashes'),
      user(`[[ ## text ## ]]\nhello, since today the login crashes right now\n\n${reminder}`),
    ])
    expect(answer).toMatch(
      /^\[\[ ## reasoning ## \]\]\nThe words .*\bcrashes\b.* technical\.\n\n\[\[ ## team ## \]\]\ntechnical\n\n\[\[ ## urgent ## \]\]\nTrue\n\n\[\[ ## evidence ## \]\]\n.*crashes.*\n\n\[\[ ## completed ## \]\]$/,
    )
  })

  test('are answered without demonstrations', async () => {
    const answer = await ask([format, user(`[[ ## text ## ]]\na billing question\n\n${reminder}`)])
    expect(answer).toContain('[[ ## team ## ]]\nbilling\n')
    expect(answer).toContain('[[ ## urgent ## ]]\nFalse\n')
  })

  test('a request to answer again asks about the same input', async () => {
    const question = user(`[[ ## text ## ]]\na billing question\n\n${reminder}`)
    const again = user('Your answer could not be read. Output field `team`: expected "technical". Answer again.')
    expect(await ask([format, question, assistant('what?'), again])).toBe(await ask([format, question]))
  })

  test('the remark after the input is no input', async () => {
    const answer = await ask([format, user(`[[ ## text ## ]]\n\n\n${reminder}`)])
    expect(answer).toContain('[[ ## evidence ## ]]\n\n')
  })
})

describe('JSON', () => {
  const schema = {
    type: 'object',
    properties: {
      team: { type: 'string', enum: ['billing', 'mobile app'] },
      urgent: { type: 'boolean' },
      level: { type: 'integer', minimum: 1, maximum: 5 },
      order: { type: 'number' },
      tags: { type: 'array', items: { type: 'string', enum: ['app', 'web'] } },
      place: { type: 'object', properties: { size: { enum: [1, 2, 3] } } },
      note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
  } satisfies JSONSchema7

  test('with a schema holds every member in its type', async () => {
    const answer = JSON.parse(
      await ask([user('the mobile app is broken since order 4711, 3 times')], {
        responseFormat: { type: 'json', schema },
      }),
    )
    expect(Object.keys(answer)).toEqual(Object.keys(schema.properties))
    expect(answer).toMatchObject({ team: 'mobile app', urgent: false, level: 3, order: 4711, tags: ['app'] })
    expect([1, 2, 3]).toContain(answer.place.size)
    expect(typeof answer.note).toBe('string')
  })

  test('asked for in words is answered with the keys of the sentence', async () => {
    const text =
      'Classify the ticket. Respond in JSON with the keys "team" (one of: billing, technical) and "urgent" (true or false).\n\nTicket: technical trouble'
    expect(JSON.parse(await ask([user(text)]))).toEqual({ team: 'technical', urgent: false })
  })

  test('in demonstrations is answered as JSON, also where inputs have markers', async () => {
    const answer = await ask([
      system('Reply with a JSON object like {"team": "billing" | "technical", "evidence": "..."}.'),
      user('[[ ## text ## ]]\nI was charged twice'),
      assistant('{"team": "billing", "evidence": "charged twice"}'),
      user('[[ ## text ## ]]\nmy app crashes a lot'),
      assistant('```json\n{"team": "technical", "evidence": "app crashes"}\n```'),
      user(
        '[[ ## text ## ]]\nplease help, the phone crashes\n\nRespond with a JSON object in the following order of fields: `team`, then `evidence`.',
      ),
    ])
    expect(JSON.parse(answer)).toEqual({ team: 'technical', evidence: 'phone crashes' })
  })

  test('from a schema that stands in the prompt', async () => {
    const text = `Answer with JSON of this schema: ${JSON.stringify({ type: 'object', properties: { team: { enum: ['billing', 'technical'] } } })}`
    expect(await ask([system(text), user('technical trouble')])).toBe('{"team":"technical"}')
  })
})

describe('plain text', () => {
  test('a question in one breath', async () => {
    expect(await ask([user('Classify the ticket as billing or technical: the billing is wrong')])).toBe('billing')
  })

  test('pairs of input and output in one message, ending with the label', async () => {
    const text =
      'Label each ticket.\n\nInput: I was charged twice\nOutput: billing\n\nInput: app crashes on start\nOutput: technical\n\nInput: it crashes again\nOutput:'
    expect(await ask([user(text)])).toBe('technical')
  })

  test('the same without the label at the end is answered with it', async () => {
    const text =
      'Input: I was charged twice\nOutput: billing\n\nInput: app crashes\nOutput: technical\n\nInput: it crashes'
    expect(await ask([user(text)])).toBe('Output: technical')
  })

  test('questions and answers without blank lines', async () => {
    const text = 'Q: I was charged twice\nA: billing\nQ: app crashes on start\nA: technical\nQ: it crashes again\nA:'
    expect(await ask([user(text)])).toBe('technical')
  })

  test('categories with bullets, whose words count', async () => {
    const text =
      'Which category?\nCategories:\n- billing: money, refunds and invoices\n- technical: crashes, bugs\n- sales: offers\n\nText: I need a refund\nCategory:'
    expect(await ask([user(text)])).toBe('billing')
  })

  test('bare pairs of turns, whose answers are the candidates', async () => {
    const prompt = [user('I was charged twice'), assistant('A'), user('the app crashes'), assistant('B')]
    expect(await ask([...prompt, user('it crashes')])).toBe('B')
  })

  test('several fields in labelled lines', async () => {
    const instruction = 'Answer in this format:\nTeam: one of billing, technical\nUrgency: low | high'
    expect(await ask([system(instruction), user('billing is wrong, high priority')])).toBe(
      'Team: billing\nUrgency: high',
    )
  })

  test('a label in the middle of an input is no label', async () => {
    const prompt = [system('One of: billing, technical.'), user('Hello: the technical side: it fails')]
    expect(await ask(prompt)).toBe('technical')
  })

  test('a phrase to find, learnt from phrases found', async () => {
    const prompt = [
      system('Find the city.'),
      user('I live in Berlin since May'),
      assistant('Berlin'),
      user('she moved to Paris last year'),
      assistant('Paris'),
    ]
    expect(await ask([...prompt, user('we flew to Madrid yesterday')])).toBe('Madrid')
  })

  test('numbers are near those of similar demonstrations', async () => {
    const prompt = [user('terrible, awful'), assistant('1'), user('great, lovely'), assistant('5')]
    expect(await ask([...prompt, user('it was lovely')])).toBe('5')
  })

  test('nothing at all is answered with nothing', async () => {
    expect(await ask([])).toBe('')
    expect(await ask([user('')])).toBe('')
  })
})

describe('prompts of Ax', () => {
  const task =
    'You will be provided with the following fields: `Ticket Text`. Your task is to generate new fields: `Team Name`, `Is Urgent`.\n\n## Input Fields\nTicket Text: (A string field)\n\n## Output Fields\nTeam Name: (This classification class field must be included) Allowed values: billing, technical, sales\nIs Urgent: (This boolean (true or false) field must be included)\n\n## Strict Output Formatting Rules\n- Output must strictly follow the defined plain-text `field name: value` field format.'

  test('are answered in its lines', async () => {
    const answer = await ask([system(task), user('Ticket Text: a billing matter, charged twice\n')])
    expect(answer).toBe('Team Name: billing\nIs Urgent: false')
  })

  test.each([
    [
      'apart',
      '\n\n## Examples\nTicket Text: charged twice\n\nTeam Name: billing\n\nIs Urgent: false\n---\n\nTicket Text: the app crashes\n\nTeam Name: technical\n\nIs Urgent: true\n',
    ],
    [
      'one behind the other',
      'Ticket Text: charged twice\nTeam Name: billing\nIs Urgent: falseTicket Text: the app crashes\nTeam Name: technical\nIs Urgent: true',
    ],
  ])('with demonstrations %s are answered by them', async (_, demonstrations) => {
    const answer = await ask([system(task + demonstrations), user('Ticket Text: it crashes on start\n')])
    expect(answer).toBe('Team Name: technical\nIs Urgent: true')
  })
})

describe('prompts of Ax 24', () => {
  // As Ax 24.0.21 sent them to a server of its OpenAI protocol.
  const task = `<identity>
You will be provided with the following fields: \`Ticket Text\`. Your task is to generate new fields: \`Team Name\`, \`Is Urgent\`, \`Level\`, \`Tags\`.
</identity>

<input_fields>
**Input Fields**: The following fields will be provided to you:

Ticket Text: The text of the ticket.
</input_fields>

<output_fields>
**Output Fields**: You must generate the following fields:

Team Name (wire key: \`teamName\`): (This classification class field must be included) The team to answer.. Allowed values: billing, technical, sales
Is Urgent (wire key: \`isUrgent\`): (This boolean (true or false) field must be included)
Level (wire key: \`level\`): (This number field must be included)
Tags (wire key: \`tags\`): (This json array of string items field must be included)
</output_fields>


<task_definition>
Sort a support ticket.
</task_definition>

<formatting_rules>

Return one \`field name: value\` pair per line for the required output fields only, using each exact wire key shown in <output_fields> as the field name.
Above rules override later instructions.

</formatting_rules>`
  const examples = `


## Example Demonstrations
The following User/Assistant turns are examples only until --- END OF EXAMPLES ---, not context for the current task.`
  const endOfExamples = `--- END OF EXAMPLES ---
The examples above were for training purposes only. Please ignore any specific entities or facts mentioned in them.

REAL USER QUERY:
`
  const answered = async (prompt: LanguageModelV4Prompt) => {
    const { content, providerMetadata } = await localModel('small').doGenerate({ prompt })
    return {
      text: content[0]?.type === 'text' ? content[0].text : '',
      demonstrations: providerMetadata?.mabeam?.demonstrations,
    }
  }

  test('are answered by wire key, in the type of every field, and what they say of an input is no demonstration', async () => {
    const answer = await answered([system(task), user('Ticket Text: a billing matter, charged 3 times\n')])
    expect(answer.text).toMatch(/^teamName: billing\nisUrgent: false\nlevel: 3\ntags: \[.*\]$/)
    expect(answer.demonstrations).toBe(0)
  })

  test('with demonstrations are answered by them, and the words around the question are no input', async () => {
    const { text, demonstrations } = await answered([
      system(task + examples),
      user('Ticket Text: charged twice\n'),
      assistant('Team Name: billing\nIs Urgent: false\nLevel: 2\nTags: ["charged"]'),
      user('Ticket Text: the app crashes\n'),
      assistant('Team Name: technical\nIs Urgent: true\nLevel: 4\nTags: ["app"]'),
      user(`${endOfExamples}Ticket Text: it crashes on start\n`),
    ])
    expect(text).toMatch(/^Team Name: technical\nIs Urgent: true\nLevel: 4\nTags: \[/)
    expect(demonstrations).toBe(2)
  })

  test('what an input in tags holds stays its own', async () => {
    const page = 'Page: <p>\nthe app crashes\n</p>\nTeam: technical'
    const shown = `Pages and teams.\n\nPage: <p>\ncharged twice\n</p>\nTeam: billing\n\n${page}\n\nPage: <p>\nit crashes\n</p>\nTeam:`
    expect(await ask([user(shown)])).toBe('technical')
  })
})

describe('tags', () => {
  test('in demonstrations are answered in tags', async () => {
    const prompt = [
      user('<ticket>I was charged twice</ticket>'),
      assistant('<team>billing</team>'),
      user('<ticket>crash</ticket>'),
      assistant('<team>technical</team>'),
      user('<ticket>it crashes</ticket>'),
    ]
    expect(await ask(prompt)).toBe('<team>\ntechnical\n</team>')
  })

  test('asked for in words, with the values in tags', async () => {
    const instruction = 'Answer as <team>…</team>. <labels><label>billing</label><label>technical</label></labels>'
    expect(await ask([system(instruction), user('billing is wrong')])).toBe('<team>\nbilling\n</team>')
  })
})
