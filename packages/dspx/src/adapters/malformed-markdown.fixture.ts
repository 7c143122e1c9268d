/** Answers for `mail -> team: "billing" | "tech", urgency: int(1..5), reason: string, note?: string` with headings. */

import { type MalformedAnswer, meant } from './malformed-answer.fixture.ts'

const end = '\n\n## completed'
const team = '## team\nbilling'
const urgency = '## urgency\n3'
const reason = '## reason\nPaid twice.'
const good = `${team}\n\n${urgency}\n\n${reason}`
const withReason = (text: string) => `${team}\n${urgency}\n## reason\n${text}${end}`
const noEnd = 'no ## completed'
const odd = 'a mark of another form was read'

export const malformedMarkdown: readonly MalformedAnswer[] = [
  ['as asked', good + end, meant],
  ['with its note', `${good}\n\n## note\nhello${end}`, { ...meant, note: 'hello' }],
  ['with an empty note', `${good}\n\n## note${end}`, { ...meant, note: '' }],
  ['with Windows line ends', `${good}${end}`.replaceAll('\n', '\r\n'), meant],
  ['in another order', `${reason}\n${urgency}\n${team}${end}`, meant],
  ['with closing marks', `${good}${end}`.replace('## team', '## team ##'), meant],
  ['with names in capitals', `${good}${end}`.replace('## team', '## TEAM'), meant, 'read "TEAM" as its name'],
  ['with headings of another level', `${good}${end}`.replaceAll('## ', '### '), meant, odd],
  ['with headings of the first level', `${good}${end}`.replaceAll('## ', '# '), meant, odd],
  ['with colons behind the names', `${good}${end}`.replace('## team', '## team:'), meant, odd],
  ['with values behind colons', `## team: billing\n## urgency: 3\n## reason: Paid twice.${end}`, meant, odd],
  ['with bold names', `**team**\nbilling\n**urgency**\n3\n**reason**\nPaid twice.${end}`, meant, odd],
  ['with bold labels', `**Team:** billing\n**Urgency:** 3\n**Reason:** Paid twice.${end}`, meant, odd],
  ['with colons behind bold names', `**team**: billing\n**urgency**: 3\n**reason**: Paid twice.${end}`, meant, odd],
  ['with bold headings', `${good}${end}`.replace('## team', '## **team**'), meant, odd],
  ['with names as code', `${good}${end}`.replace('## team', '## `team`'), meant, odd],
  ['without space behind the marks', `${good}${end}`.replaceAll('## ', '##'), ['team', 'the heading ## team']],
  ['indented', `${good}${end}`.replaceAll('\n', '\n  '), meant],
  ['without the last heading', good, meant, noEnd],
  ['cut in the last heading', `${good}\n\n## comp`, meant, 'a mark that was cut off was left out'],
  ['cut in the reason', `${team}\n${urgency}\n## reason\nPaid tw`, { ...meant, reason: 'Paid tw' }, noEnd],
  ['cut behind a heading', `${team}\n${urgency}\n## reason`, { ...meant, reason: '' }, noEnd],
  ['cut in a heading', `${team}\n${urgency}\n## rea`, ['reason', 'string']],
  ['cut in a value', '## team\nbil', ['team', '"billing" | "tech"']],
  ['cut after the first field', `${team}\n\n`, ['urgency', 'integer from 1 to 5']],
  ['empty', '', ['team', 'the heading ## team']],
  ['nothing but space', ' \n\t\n', ['team', 'the heading ## team']],
  ['a refusal', 'I cannot help with that.', ['team', 'the heading']],
  ['a refusal in another language', 'Leider kann ich dabei nicht helfen.', ['team', 'the heading']],
  ['lines with labels', 'team: billing\nurgency: 3\nreason: Paid twice.', ['team', 'the heading']],
  ['bullets', '- team: billing\n- urgency: 3', ['team', 'the heading']],
  ['a table', '| team | urgency |\n|---|---|\n| billing | 3 |', ['team', 'the heading']],
  ['underlined headings', 'team\n----\nbilling\n\nurgency\n-------\n3', ['team', 'the heading']],
  ['JSON instead', '{"team": "billing", "urgency": 3, "reason": "Paid twice."}', meant, 'answered in JSON'],
  [
    'JSON in a fence',
    '```json\n{"team": "billing", "urgency": 3, "reason": "Paid twice."}\n```',
    meant,
    'answered in JSON',
  ],
  ['in a fence', `\`\`\`markdown\n${good}${end}\n\`\`\``, meant],
  ['in a fence, without the last heading', `\`\`\`\n${good}\n\`\`\``, meant, noEnd],
  ['with prose in front', `Here you are!\n\n${good}${end}`, meant],
  ['with a title', `# Answer\n\n${good}${end}`, meant],
  ['with prose behind', `${good}${end}\n\nAnything else?`, meant],
  ['an echo of the format', `## team\n{team}\n\n${good}${end}`, meant, 'the placeholder'],
  ['an echo of the format and nothing else', `## team\n{team}\n\n## urgency\n{urgency}${end}`, ['team', 'the heading']],
  ['a field twice', `${good}\n## team\ntech${end}`, meant, 'team: stood there again; the first was read'],
  ['everything twice', `${good}\n${good}${end}`, meant, 'reason: stood there again'],
  ['a second answer', `${good}${end}\n\n${good.replace('billing', 'tech')}${end}`, meant],
  ['no team', `${urgency}\n${reason}${end}`, ['team', '"billing" | "tech"']],
  ['no reason', `${team}\n${urgency}${end}`, ['reason', 'string']],
  ['an empty team', `## team\n\n${urgency}\n${reason}${end}`, ['team', '"billing" | "tech"']],
  ['only the last heading', end, ['team', 'the heading']],
  ['the last heading first', `## completed\n${good}`, ['team', 'the heading']],
  ['a name with a typing mistake', `${good}${end}`.replace('team', 'taem'), ['team', '"billing" | "tech"']],
  [
    'headings of its own in a value',
    withReason('# Why\nPaid.\n### How often\nTwice.'),
    { ...meant, reason: '# Why\nPaid.\n### How often\nTwice.' },
  ],
  ['an escaped heading in a value', withReason('a\n\\## team\nb'), { ...meant, reason: 'a\n## team\nb' }],
  ['a heading in the line of a value', withReason('see ## team here'), { ...meant, reason: 'see ## team here' }],
  [
    'bold words in a value',
    withReason('**Important** thing\n**Now:** do it'),
    { ...meant, reason: '**Important** thing\n**Now:** do it' },
  ],
  ['a list in a value', withReason('- a\n- b\n* c'), { ...meant, reason: '- a\n- b\n* c' }],
  ['quotes in quotes', withReason('"He said "no"."'), { ...meant, reason: '"He said "no"."' }],
  ['entities', withReason('A &amp; B'), { ...meant, reason: 'A &amp; B' }],
  ['a rule between', `${team}\n\n${urgency}\n\n---\n\n${reason}${end}`, ['urgency', 'integer from 1 to 5']],
  ['a null character', withReason('\u0000'), { ...meant, reason: '\u0000' }],
  ['half a character', withReason('\ud83d'), { ...meant, reason: '\ud83d' }],
  ['a byte order mark', `\ufeff${good}${end}`, meant],
]
