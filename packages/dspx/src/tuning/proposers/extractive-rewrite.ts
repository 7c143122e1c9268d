/**
 * How the extractive proposer rewrites: it takes the guidance of present instructions apart, changes it by what rows say, and
 * puts it together again. It knows five moves: to say which words point to which value where nothing says so, to teach what was
 * mixed up, to say more or less of each value, to join two that did well, and to say what a text looks like.
 */

import type { Random } from '@mabeam/foundation'
import type { Field } from '../../signatures/field.ts'
import type { Signature } from '../../signatures/signature.ts'
import { fieldLabels } from '../../text/example-text.ts'
import { words } from '../../text/words.ts'
import type { Rewrite, RewriteContext, SeenStep } from '../proposer.ts'
import { type Guidance, guidanceText, readGuidance } from './guidance.ts'
import { textShape } from './text-shape.ts'

/** Words of each value of an output, the most telling first. */
export type TermRanks = ReadonlyMap<string, readonly string[]>

/** What rewriting needs to know of the rows. */
export interface RowKnowledge {
  /** The outputs of fixed values, with their words. */
  readonly fields: readonly { readonly field: Field; readonly ranks: TermRanks }[]
  /** Numbers of words to say of each value. */
  readonly sizes: readonly number[]
}

/** How often each wanted rewriting is attempted. */
const triesMax = 8

/** At most `count` rewritings, each once and none that was tried. */
export function rewriteByRows(context: RewriteContext, knowledge: RowKnowledge): Rewrite[] {
  const { count, random, tried } = context
  const known = new Set(tried.map(({ instructions }) => instructions))
  const found: Rewrite[] = []
  for (let i = 0; i < count * triesMax && found.length < count; i++) {
    const made = oneRewrite(context, knowledge, random.fork(`rewrite ${i}`))
    if (made === undefined || known.has(made.instructions)) continue
    known.add(made.instructions)
    found.push(made)
  }
  return found
}

interface Move {
  readonly guidance: Guidance
  readonly because: string
}

interface Moving extends RowKnowledge {
  readonly context: RewriteContext
  readonly present: Guidance
  readonly random: Random
}

function oneRewrite(context: RewriteContext, knowledge: RowKnowledge, random: Random): Rewrite | undefined {
  const present = readGuidance(context.tried[0]?.instructions ?? context.signature.instructions)
  const moving: Moving = { ...knowledge, context, present, random }
  const unsaid = knowledge.fields.filter(({ field }) => !present.terms.has(field.name))
  const moves =
    unsaid.length > 0 ? [introduce] : context.style === 'rules' ? [teach, resize] : [teach, resize, join, teach]
  const start = random.int(moves.length)
  for (let i = 0; i < moves.length; i++) {
    const move = (moves[(start + i) % moves.length] as (typeof moves)[number])(moving)
    if (move !== undefined)
      return { instructions: guidanceText(withShapes(move.guidance, context)), because: move.because }
  }
  const shaped = withShapes(present, context)
  return shaped === present
    ? undefined
    : { instructions: guidanceText(shaped), because: 'training rows show what its texts look like' }
}

/** Says which words point to which value, for every output that nothing is said of. */
function introduce({ fields, sizes, present, random, context }: Moving): Move | undefined {
  const open = fields.filter(({ field }) => !present.terms.has(field.name))
  if (open.length === 0) return undefined
  const size = sizes[random.int(sizes.length)] as number
  const terms = new Map(present.terms)
  for (const { field, ranks } of open) terms.set(field.name, cut(ranks, size))
  const names = open.map(({ field }) => field.name).join(' and ')
  const wrong = context.seen.filter(({ score }) => score < 1).length
  const failed = context.seen.length === 0 ? '' : `, and ${wrong} of ${context.seen.length} rows failed`
  return {
    guidance: { ...present, terms },
    because: `nothing said which words point to which ${names}${failed}`,
  }
}

/** Where one value was taken for another: words of the row go to the right one and away from the wrong one, and more of it is said. */
function teach({ fields, present, random, context }: Moving): Move | undefined {
  const terms = new Map([...present.terms].map(([field, values]) => [field, new Map(values)]))
  const said: string[] = []
  for (const { field, ranks } of fields) {
    const mixed = context.seen.flatMap((step) => confusionOf(step, field, context.signature) ?? [])
    for (const { right, wrong, rowWords } of mixed) {
      const lists = terms.get(field.name) ?? new Map<string, readonly string[]>()
      const ranked = ranks.get(right) ?? []
      const own = lists.get(right) ?? []
      const more = ranked.filter((term) => !own.includes(term))
      const shown = more.filter((term) => term.split(' ').every((word) => rowWords.has(word)))
      const next = more.slice(0, 4 + random.int(9))
      lists.set(right, [...new Set([...own, ...shown, ...next])])
      const other = lists.get(wrong)
      const telling = new Set(ranked.slice(0, 200))
      if (other !== undefined)
        lists.set(
          wrong,
          other.filter((term) => !(rowWords.has(term) && telling.has(term))),
        )
      terms.set(field.name, lists)
    }
    if (mixed.length > 0) said.push(sayConfusions(field.name, mixed, context.seen.length))
  }
  return said.length === 0 ? undefined : { guidance: { ...present, terms }, because: said.join('; ') }
}

/** Says more or less of each value. */
function resize({ fields, sizes, present, random }: Moving): Move | undefined {
  if (fields.length === 0) return undefined
  const { field, ranks } = fields[random.int(fields.length)] as Moving['fields'][number]
  const size = sizes[random.int(sizes.length)] as number
  const terms = new Map(present.terms).set(field.name, cut(ranks, size))
  return { guidance: { ...present, terms }, because: `up to ${size} words for each ${field.name}` }
}

/** For each value what one of two that did well says of it. */
function join({ present, random, context, fields }: Moving): Move | undefined {
  const other = context.tried.slice(1, 4).map(({ instructions }) => readGuidance(instructions))
  const partner = other[random.int(Math.max(1, other.length))]
  if (partner === undefined || partner.terms.size === 0 || fields.length === 0) return undefined
  const terms = new Map(
    fields.map(({ field: { name } }) => {
      const [a, b] = [present.terms.get(name), partner.terms.get(name)]
      const values = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])
      const mixed = [...values].map((value): [string, readonly string[]] => {
        const [mine, theirs] = [a?.get(value) ?? [], b?.get(value) ?? []]
        return [value, random.int(2) === 0 ? mine : theirs]
      })
      return [name, new Map(mixed)] as const
    }),
  )
  return { guidance: { ...present, terms }, because: 'two that did well are joined, value by value' }
}

/** What free texts and numbers look like, said once. */
function withShapes(guidance: Guidance, { signature, train }: RewriteContext): Guidance {
  const more = signature.outputs.flatMap((field) => {
    if (fieldLabels(field).length > 0) return []
    const sentence = textShape(field, signature, train)
    return sentence === undefined || guidance.base.includes(sentence) ? [] : [sentence]
  })
  return more.length === 0 ? guidance : { ...guidance, base: [guidance.base, ...more].join('\n').trimStart() }
}

function cut(ranks: TermRanks, size: number): ReadonlyMap<string, readonly string[]> {
  return new Map([...ranks].map(([value, terms]) => [value, terms.slice(0, size)]))
}

interface Confusion {
  readonly right: string
  readonly wrong: string
  readonly rowWords: ReadonlySet<string>
}

function confusionOf(
  { inputs, outputs, expected }: SeenStep,
  field: Field,
  { inputs: asked }: Signature,
): Confusion | undefined {
  const right = expected[field.name]
  const wrong = outputs?.[field.name]
  if (right === undefined || right === null || String(right) === String(wrong)) return undefined
  const texts = asked.flatMap(({ name }) => (typeof inputs[name] === 'string' ? [inputs[name]] : []))
  return { right: String(right), wrong: String(wrong ?? ''), rowWords: new Set(words(texts.join(' '))) }
}

function sayConfusions(field: string, mixed: readonly Confusion[], rows: number): string {
  const counts = new Map<string, number>()
  for (const { right, wrong } of mixed) {
    const key = wrong === '' ? `${field} "${right}" was not answered` : `${field} "${right}" was answered "${wrong}"`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3)
  return `${mixed.length} of ${rows} rows were wrong: ${most.map(([what, times]) => `${what} ${times}x`).join(', ')}`
}
