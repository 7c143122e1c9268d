/** What the free texts and numbers of training rows look like, in a sentence. */

import { median, quantile } from '@mabeam/ml'
import type { Example } from '../../datasets/example.ts'
import type { Field } from '../../signatures/field.ts'
import type { Signature } from '../../signatures/signature.ts'
import { exampleText } from '../../text/example-text.ts'
import { words } from '../../text/words.ts'

/** Below it nothing is said. */
const rowsMin = 3

/** How long the texts of an output are and whether they stand in the inputs, or the range of its numbers; undefined for few or odd rows. */
export function textShape(field: Field, { inputs }: Signature, train: readonly Example[]): string | undefined {
  const known = train.flatMap((example) => {
    const value = example.outputs[field.name]
    return value === undefined || value === null ? [] : [{ value, text: exampleText(example, inputs) }]
  })
  if (known.length < rowsMin) return undefined
  const numbers = known.flatMap(({ value }) => (typeof value === 'number' && Number.isFinite(value) ? [value] : []))
  if (numbers.length === known.length) {
    return `The value of ${field.name} lies between ${Math.min(...numbers)} and ${Math.max(...numbers)}, most often near ${median(numbers)}.`
  }
  const texts = known.flatMap(({ value, text }) => (typeof value === 'string' ? [{ value, text }] : []))
  if (texts.length < known.length) return undefined
  const lengths = texts.map(({ value }) => words(value).length)
  const [low, high] = [Math.round(quantile(lengths, 0.1)), Math.round(quantile(lengths, 0.9))]
  const copied = texts.filter(({ value, text }) => text.toLowerCase().includes(value.toLowerCase())).length
  const from = copied / texts.length >= 0.8 ? ', as they stand in the inputs' : ''
  const count = low === high ? `${low} ${low === 1 ? 'word' : 'words'}` : `${low} to ${high} words`
  return `Write ${field.name} in ${count}${from}.`
}
