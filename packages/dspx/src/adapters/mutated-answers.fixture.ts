/** Right answers, and what may become of them on their way: the mutations that adapters are tried with. */

import type { Signature } from '../signatures/signature.ts'
import { signature } from '../signatures/signature.ts'
import { messageText } from '../testing/message-text.ts'
import type { Adapter } from './adapter.ts'

/** One output of each kind. */
export const asked = signature(
  'mail -> team: "billing" | "tech support", urgency: int(1..99), isNew: boolean, tags: string[], who: { name: string, age?: int }, reason, note?: string',
) as Signature

/** What right answers say. */
export const said = {
  team: 'tech support',
  urgency: 42,
  isNew: true,
  tags: ['crash', 'größe'],
  who: { name: 'Zoë [1]', age: 7 },
  reason: 'It "crashed" at 10:30; see <log> & {trace}.\n\nTwice.',
}

/** An answer as an adapter writes it. */
export function written(adapter: Adapter, outputs: object): string {
  const demo = { inputs: { mail: 'x' }, outputs: outputs as never }
  return messageText(adapter.render(asked, [demo], { mail: 'y' }).prompt[2])
}

/** A way in which answers go wrong, and all the wrong ones that it makes of a right one. */
export interface Mutation {
  readonly name: string
  readonly of: (right: string) => Iterable<string>
}

/** Cut anywhere, by characters and by bytes: half a character becomes the sign for what is none. */
const cuts: Mutation = {
  name: 'cut at every character and byte',
  *of(right) {
    for (let at = 0; at < right.length; at++) yield right.slice(0, at)
    const bytes = new TextEncoder().encode(right)
    for (let at = 0; at < bytes.length; at++) yield new TextDecoder().decode(bytes.subarray(0, at))
    for (let at = 1; at < right.length; at++) yield right.slice(at)
  },
}

const inserted = [
  '\ufeff',
  '\u200b',
  '\u200d',
  '\u2060',
  '\u0000',
  '\u202e',
  '\ud800',
  '\udc00',
  '\u0301',
  '\r',
  '\u2028',
]

const insertions: Mutation = {
  name: 'marks that nobody sees, NUL and half characters put in anywhere',
  *of(right) {
    for (const mark of inserted) {
      for (let at = 0; at <= right.length; at += 7) yield right.slice(0, at) + mark + right.slice(at)
      yield [...right].join(mark)
    }
  },
}

const doublings: Mutation = {
  name: 'stretches twice, left out, or in another place',
  *of(right) {
    yield right + right
    yield `${right}\n\n${right}`
    for (let at = 0; at < right.length; at += 9) {
      for (const length of [1, 7, 40, 120]) {
        const [before, piece, after] = [right.slice(0, at), right.slice(at, at + length), right.slice(at + length)]
        yield before + piece + piece + after
        yield before + after
        yield after + piece + before
      }
    }
  },
}

const brackets = ['[]', '{}', '<>', '()', '""', '##', ':,', '\n ', '*_', "`'"]

const swaps: Mutation = {
  name: 'brackets and marks swapped',
  *of(right) {
    for (const [a, b] of brackets as unknown as Iterable<[string, string]>) {
      for (const [from, to] of [
        [a, b],
        [b, a],
        [a, ''],
        [b, ''],
        [a, a + a],
        [b, `\\${b}`],
      ] as const) {
        yield right.replaceAll(from, to)
        yield right.replace(from, to)
        const last = right.lastIndexOf(from)
        if (last >= 0) yield right.slice(0, last) + to + right.slice(last + 1)
      }
    }
  },
}

/** Letters and digits that look alike, or are those of another script. */
const scripts: readonly (readonly [name: string, from: string, to: string])[] = [
  ['Cyrillic', 'aceopxyTBHM', 'асеорхуТВНМ'],
  [
    'full width',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９',
  ],
  ['Arabic digits', '0123456789', '٠١٢٣٤٥٦٧٨٩'],
  ['Devanagari digits', '0123456789', '०१२३४५६७८९'],
  ['curly quotes', `"'`, '“’'],
  ['full width marks', ':{}[],<>#', '：｛｝［］，＜＞＃'],
  ['capitals', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ['Turkish capitals', 'i', 'İ'],
]
const words: readonly (readonly [digits: string, words: readonly string[]])[] = [
  ['42', ['forty-two', 'zweiundvierzig', 'quarante-deux', 'XLII', '42.0', '4 2', '4,2', '~42', '42/99', '042', '0x2a']],
  ['7', ['seven', 'sieben', 'sept', '7 years', '-7', '7e0', 'NaN', '1e999']],
  ['true', ['yes', 'ja', 'oui', 'True', 'TRUE.', '1', 'not true', 'false or true']],
  [
    'tech support',
    ['Tech-Support', 'TECH_SUPPORT.', 'tech', 'technische Hilfe', 'billing or tech support', 'tech supporter'],
  ],
]

const rewritings: Mutation = {
  name: 'another script, and words for numbers in three languages',
  *of(right) {
    for (const [, from, to] of scripts) {
      const map = new Map([...from].map((letter, i) => [letter, [...to][i] as string]))
      yield [...right].map((letter) => map.get(letter) ?? letter).join('')
      for (const [letter, other] of map) yield right.replaceAll(letter, other)
      for (const [value] of words) {
        yield right.replace(value, [...value].map((letter) => map.get(letter) ?? letter).join(''))
      }
    }
    for (const [value, others] of words) for (const other of others) yield right.replace(value, other)
  },
}

/** Names that every object has, in the places of keys and fields. */
const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf', '__defineGetter__']

const poisonings: Mutation = {
  name: 'names that every object has',
  *of(right) {
    for (const name of names) {
      for (const known of ['team', 'urgency', 'reason', 'name', 'age', 'tags']) {
        yield right.replaceAll(known, name)
        yield right.replace(known, name)
      }
      yield right.replace('{', `{"${name}": {"polluted": true}, `)
      yield right.replace('"name"', `"${name}": {"polluted": true}, "name"`)
      yield `[[ ## ${name} ## ]]\n{"polluted": true}\n\n${right}`
      yield `<${name}>{"polluted": true}</${name}>\n${right}`
      yield `## ${name}\n{"polluted": true}\n\n${right}`
    }
  },
}

const depth = 10_000

const nestings: Mutation = {
  name: 'ten thousand levels deep',
  *of(right) {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['<a>', '</a>'],
      ['**', '**'],
      ['(', ')'],
    ] as const) {
      const deep = open.repeat(depth) + close.repeat(depth)
      const cut = open.repeat(depth)
      for (const nested of [deep, cut, right + deep]) {
        yield nested
        yield nested + right
        for (const value of ['42', 'true', '["crash","größe"]', '["crash", "größe"]'])
          yield right.replace(value, nested)
      }
    }
  },
}

export const mutations: readonly Mutation[] = [cuts, insertions, doublings, swaps, rewritings, poisonings, nestings]
