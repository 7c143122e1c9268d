/** Answers for `mail -> team: "billing" | "tech", urgency: int(1..5), reason: string, note?: string` with markers. */

import { type MalformedAnswer, meant } from './malformed-answer.fixture.ts'

const m = (name: string) => `[[ ## ${name} ## ]]`
const end = `\n\n${m('completed')}`
const team = `${m('team')}\nbilling`
const urgency = `${m('urgency')}\n3`
const reason = `${m('reason')}\nPaid twice.`
const good = `${team}\n\n${urgency}\n\n${reason}`
const noEnd = 'no [[ ## completed ## ]]'

export const malformedChat: readonly MalformedAnswer[] = [
  ['as asked', good + end, meant],
  ['with its note', `${good}\n\n${m('note')}\nhello${end}`, { ...meant, note: 'hello' }],
  ['with an empty note', `${good}\n\n${m('note')}\n${end}`, { ...meant, note: '' }],
  ['with Windows line ends', `${good}${end}`.replaceAll('\n', '\r\n'), meant],
  ['without blank lines', `${team}\n${urgency}\n${reason}\n${m('completed')}`, meant],
  [
    'with values on the lines of the markers',
    `${m('team')} billing\n${m('urgency')} 3\n${m('reason')} Paid twice.${end}`,
    meant,
  ],
  ['in another order', `${reason}\n${urgency}\n${team}${end}`, meant],
  ['indented', `${good}${end}`.replaceAll('\n', '\n  '), meant],
  ['without spaces in the markers', `${good}${end}`.replaceAll(' ## ', '##'), meant],
  [
    'with names in capitals',
    good.toUpperCase().replace('PAID TWICE.', 'Paid twice.') + end,
    meant,
    'read "TEAM" as its name',
  ],
  ['without the last marker', good, meant, noEnd],
  ['cut in the last marker', `${good}\n\n[[ ## comp`, meant, 'a mark that was cut off was left out'],
  ['cut in the reason', `${team}\n${urgency}\n${m('reason')}\nPaid tw`, { ...meant, reason: 'Paid tw' }, noEnd],
  ['cut behind a marker', `${team}\n${urgency}\n${m('reason')}`, { ...meant, reason: '' }, noEnd],
  ['cut in a marker', `${team}\n${urgency}\n[[ ## rea`, ['reason', 'string']],
  ['cut in a value', `${m('team')}\nbil`, ['team', '"billing" | "tech"']],
  ['cut after the first field', `${team}\n\n`, ['urgency', 'integer from 1 to 5']],
  ['empty', '', ['team', 'the marker [[ ## team ## ]]']],
  ['nothing but space', ' \n\t\n', ['team', 'the marker [[ ## team ## ]]']],
  ['a refusal', 'I cannot help with that.', ['team', 'the marker [[ ## team ## ]]']],
  ['a refusal in another language', '申し訳ありませんが、お答えできません。', ['team', 'the marker']],
  ['prose that holds the values', 'The team is billing, urgency 3, because it was paid twice.', ['team', 'the marker']],
  ['lines with labels', 'team: billing\nurgency: 3\nreason: Paid twice.', ['team', 'the marker']],
  ['JSON instead', '{"team": "billing", "urgency": 3, "reason": "Paid twice."}', meant, 'answered in JSON'],
  [
    'JSON in a fence',
    'Sure:\n```json\n{"team": "billing", "urgency": 3, "reason": "Paid twice."}\n```',
    meant,
    'answered in JSON',
  ],
  [
    'JSON with another member',
    '{"team": "billing", "urgency": 3, "reason": "Paid twice.", "x": 1}',
    meant,
    'x: no output',
  ],
  ['JSON without a member', '{"team": "billing", "reason": "Paid twice."}', ['urgency', 'integer']],
  ['JSON cut in a number', '{"team": "billing", "reason": "Paid twice.", "urgency": 3', ['urgency', 'not cut off']],
  ['tags instead', '<team>billing</team><urgency>3</urgency><reason>Paid twice.</reason>', ['team', 'the marker']],
  ['in a fence', `\`\`\`\n${good}${end}\n\`\`\``, meant],
  ['in a fence that stays open', `\`\`\`\n${good}${end}`, meant],
  ['in a fence, without the last marker', `\`\`\`\n${good}\n\`\`\``, meant, noEnd],
  ['with prose in front', `Here you are!\n\n${good}${end}`, meant],
  ['with prose in front on the line', `Answer: ${m('team')}\nbilling\n${good}${end}`, meant],
  ['with prose behind', `${good}${end}\n\nAnything else?`, meant],
  [
    'with prose behind and no last marker',
    `${good}\n\nAnything else?`,
    { ...meant, reason: 'Paid twice.\n\nAnything else?' },
    noEnd,
  ],
  ['a field more', `${m('mood')}\ncalm\n\n${good}${end}`, meant, 'mood: no output field'],
  ['reasoning that nobody asked for', `${m('reasoning')}\nHm.\n\n${good}${end}`, meant, 'reasoning: no output field'],
  ['an echo of the inputs', `${m('mail')}\nI paid twice\n\n${good}${end}`, meant, 'mail: an input stood in the answer'],
  [
    'an echo of the format',
    `${m('team')}\n{team}\n\n${m('urgency')}\n{urgency}\n\n${good}${end}`,
    meant,
    'the placeholder',
  ],
  [
    'an echo of the format and nothing else',
    `${m('team')}\n{team}\n\n${m('urgency')}\n{urgency}${end}`,
    ['team', 'the marker'],
  ],
  ['a field twice', `${good}\n${m('team')}\ntech${end}`, meant, 'team: stood there again; the first was read'],
  ['everything twice', `${good}\n${good}${end}`, meant, 'reason: stood there again'],
  ['a second answer', `${good}${end}\n\n${good.replace('billing', 'tech')}${end}`, meant],
  ['no team', `${urgency}\n${reason}${end}`, ['team', '"billing" | "tech"']],
  ['no reason', `${team}\n${urgency}${end}`, ['reason', 'string']],
  ['an empty team', `${m('team')}\n\n${urgency}\n${reason}${end}`, ['team', '"billing" | "tech"']],
  ['only the last marker', end, ['team', 'the marker']],
  ['the last marker first', `${m('completed')}\n${good}`, ['team', 'the marker']],
  ['a name with a typing mistake', `${good}${end}`.replace('team', 'taem'), ['team', '"billing" | "tech"']],
  ['a name with a mark', `${good}${end}`.replace('urgency', 'urgency:'), ['team', '"billing" | "tech"']],
  ['single brackets', `${good}${end}`.replaceAll('[[', '[').replaceAll(']]', ']'), ['team', 'the marker']],
  ['headings', `## team\nbilling\n## urgency\n3\n## reason\nPaid twice.`, ['team', 'the marker']],
  [
    'a marker in a value',
    `${team}\n${urgency}\n${m('reason')}\nsee ${m('team')} here${end}`,
    { ...meant, reason: `see ${m('team')} here` },
  ],
  [
    'an escaped marker in a value',
    `${team}\n${urgency}\n${m('reason')}\na\n\\${m('team')}\nb${end}`,
    { ...meant, reason: `a\n${m('team')}\nb` },
  ],
  ['bold markers', `${good}${end}`.replaceAll('[[', '**[[').replaceAll(']]', ']]**'), ['team', 'the marker']],
  [
    'quotes in quotes',
    `${team}\n${urgency}\n${m('reason')}\n"He said "no"."${end}`,
    { ...meant, reason: '"He said "no"."' },
  ],
  [
    'entities',
    `${team}\n${urgency}\n${m('reason')}\nA &amp; B &lt;b&gt;${end}`,
    { ...meant, reason: 'A &amp; B &lt;b&gt;' },
  ],
  ['a null character', `${team}\n${urgency}\n${m('reason')}\n\u0000${end}`, { ...meant, reason: '\u0000' }],
  ['half a character', `${team}\n${urgency}\n${m('reason')}\n\ud83d${end}`, { ...meant, reason: '\ud83d' }],
  [
    'a marker with half a character',
    `[[ ## te\ud83dam ## ]]\nbilling\n${urgency}\n${reason}${end}`,
    ['team', '"billing" | "tech"'],
  ],
  ['a byte order mark', `\ufeff${good}${end}`, meant],
]
