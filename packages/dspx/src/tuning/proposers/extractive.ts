/**
 * The extractive proposer: instructions from what the training rows hold, without asking a model. To the base it adds,
 * for each output with a fixed set of values, the words and phrases that tell the rows of each value from the others. It needs no
 * key and costs nothing; what it writes is plain guidance that any model can read.
 */

import { checkOptions, definedOptions, invalidOption, rule, seededRandom } from '@mabeam/foundation'
import type { Example } from '../../datasets/example.ts'
import type { Field } from '../../signatures/field.ts'
import { discriminativeTerms } from '../../text/discriminative-terms.ts'
import { exampleText, fieldLabels } from '../../text/example-text.ts'
import type { Proposer, ProposerContext } from '../proposer.ts'
import { type RowKnowledge, rewriteByRows } from './extractive-rewrite.ts'
import { lineOf } from './guidance.ts'

export interface ExtractiveProposerOptions {
  /** How many words each value gets; one candidate a size. @default [12, 24, 48, 96] */
  readonly wordsPerValue?: readonly number[]
  /** How many words and two-word phrases each value gets; one candidate a size. @default [24, 48] */
  readonly phrasesPerValue?: readonly number[]
}

export const extractiveProposerDefaults = {
  wordsPerValue: [12, 24, 48, 96],
  phrasesPerValue: [24, 48],
} satisfies Required<ExtractiveProposerOptions>

/** The most values of an output that are described. */
export const describedValuesMax = 200

/**
 * Proposes `base`, `words-N` and `phrases-N`; a signature without an output of fixed values gets `base` alone. Rewrites by what rows
 * say: which words point to which value, what was mixed up, and what free texts look like.
 *
 * @example extractiveProposer({ wordsPerValue: [12] }) // adds: Words that point to team "billing": refund, invoice, …
 */
export function extractiveProposer(options: ExtractiveProposerOptions = {}): Proposer {
  checkOptions('extractiveProposer', options, {
    wordsPerValue: rule.optional(rule.array()),
    phrasesPerValue: rule.optional(rule.array()),
  })
  const { wordsPerValue, phrasesPerValue } = { ...extractiveProposerDefaults, ...definedOptions(options) }
  const knowledgeOf = rowKnowledge(wordsPerValue)
  for (const size of [...wordsPerValue, ...phrasesPerValue]) {
    if (!Number.isInteger(size) || size < 1) {
      throw invalidOption('extractiveProposer', 'wordsPerValue, phrasesPerValue', 'whole numbers from 1', size)
    }
  }
  return {
    name: 'extractive',
    propose: async (context) => {
      const base = context.signature.instructions
      const candidates: { [name: string]: string } = { base }
      for (const [kind, ngramMax, sizes] of [
        ['words', 1, wordsPerValue],
        ['phrases', 2, phrasesPerValue],
      ] as const) {
        const described = describedFields(context, ngramMax)
        if (described.length === 0) continue
        for (const size of sizes) candidates[`${kind}-${size}`] = `${base}\n\n${guidance(described, size)}`
      }
      return candidates
    },
    rewrite: async (context) => rewriteByRows(context, knowledgeOf(context)),
  }
}

/**
 * What rows say about a signature, found once for the same list of rows. It is the same whoever asks, so that the order of
 * asking does not matter.
 */
function rowKnowledge(sizes: readonly number[]): (context: ProposerContext) => RowKnowledge {
  const known = new WeakMap<readonly Example[], Map<string, RowKnowledge>>()
  return (context) => {
    const { signature, train } = context
    const bySignature = known.get(train) ?? new Map<string, RowKnowledge>()
    known.set(train, bySignature)
    const outputs = signature.outputs.map(({ name, kind, values }) => [name, kind, values])
    const key = JSON.stringify([signature.inputs.map(({ name }) => name), outputs])
    const found = bySignature.get(key)
    if (found !== undefined) return found
    const described = describedFields({ ...context, random: seededRandom('terms') }, 1)
    const fields = described.map(({ field, values, terms }) => ({
      field,
      ranks: new Map(values.map((value) => [value, terms.get(value) ?? []] as const)),
    }))
    const made: RowKnowledge = { fields, sizes: sizes.length > 0 ? sizes : extractiveProposerDefaults.wordsPerValue }
    bySignature.set(key, made)
    return made
  }
}

interface DescribedField {
  readonly field: Field
  readonly values: readonly string[]
  readonly terms: ReadonlyMap<string, readonly string[]>
}

function describedFields({ signature, train, random }: ProposerContext, ngramMax: number): DescribedField[] {
  return signature.outputs.flatMap((field) => {
    const values = fieldLabels(field)
    if (values.length < 2 || values.length > describedValuesMax) return []
    const texts = train.flatMap((example) => labelledText(example, { signature, field }))
    const terms = discriminativeTerms(texts, { ngramMax, random: random.fork(`${field.name} ${ngramMax}`) })
    return [...terms.values()].some((found) => found.length > 0) ? [{ field, values, terms }] : []
  })
}

function labelledText(example: Example, of: { signature: ProposerContext['signature']; field: Field }) {
  const label = example.outputs[of.field.name]
  return label === undefined ? [] : [{ text: exampleText(example, of.signature.inputs), label: String(label) }]
}

function guidance(described: readonly DescribedField[], size: number): string {
  const lines = described.flatMap(({ field, values, terms }) =>
    values.flatMap((value) => {
      const chosen = (terms.get(value) ?? []).slice(0, size)
      return chosen.length === 0 ? [] : [lineOf(field.name, value, chosen)]
    }),
  )
  return lines.join('\n')
}
