/**
 * The extractive proposer: instructions from what the training rows hold, without asking a model. To the base it adds,
 * for each output with a fixed set of values, the words and phrases that tell the rows of each value from the others. It needs no
 * key and costs nothing; what it writes is plain guidance that any model can read.
 */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import type { Example } from '../../datasets/example.ts'
import type { Field } from '../../signatures/field.ts'
import { discriminativeTerms } from '../../text/discriminative-terms.ts'
import { exampleText, fieldLabels } from '../../text/example-text.ts'
import type { Proposer, ProposerContext } from '../proposer.ts'

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
 * Proposes `base`, `words-N` and `phrases-N`. A signature without an output of fixed values gets `base` alone.
 *
 * @example extractiveProposer({ wordsPerValue: [12] }) // adds: Words that point to team "billing": refund, invoice, …
 */
export function extractiveProposer(options: ExtractiveProposerOptions = {}): Proposer {
  checkOptions('extractiveProposer', options, {
    wordsPerValue: rule.optional(rule.array()),
    phrasesPerValue: rule.optional(rule.array()),
  })
  const { wordsPerValue, phrasesPerValue } = { ...extractiveProposerDefaults, ...options }
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
        for (const size of sizes) candidates[`${kind}-${size}`] = `${base}\n\n${guidance(described, { kind, size })}`
      }
      return candidates
    },
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

function guidance(
  described: readonly DescribedField[],
  shape: { readonly kind: 'words' | 'phrases'; readonly size: number },
): string {
  const lines = described.flatMap(({ field, values, terms }) =>
    values.flatMap((value) => {
      const chosen = (terms.get(value) ?? []).slice(0, shape.size)
      const what = shape.kind === 'words' ? 'Words' : 'Words and phrases'
      return chosen.length === 0 ? [] : [`${what} that point to ${field.name} "${value}": ${chosen.join(', ')}.`]
    }),
  )
  return lines.join('\n')
}
