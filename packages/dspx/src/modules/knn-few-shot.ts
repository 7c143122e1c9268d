/** Nearest-neighbour few-shot: for each question the demonstrations that are most like it. */

import { isDeepStrictEqual } from 'node:util'
import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { type Predict, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { checkDemos, demosMax } from '../programs/program-state.ts'
import { currentRun, enterRun } from '../programs/run-context.ts'
import { type Demo, type Signature, signature, type Values } from '../signatures/signature.ts'
import type { InputsOfText, OutputsOfText } from '../signatures/signature-inference.ts'
import { fitTfIdf, indexVectors } from '../text/tf-idf.ts'

/** Among what is looked, and how many are shown. */
export interface KnnFewShotOptions {
  /** Up to `knnExamplesMax`; rows of a data set will do. */
  readonly examples: readonly Demo[]
  /** Demonstrations for each question. Tuned as the setting `k`. @default 5 */
  readonly k?: number
}

export const knnFewShotDefaults = { k: 5 } as const satisfies Omit<KnnFewShotOptions, 'examples'>

/** The most examples among which is looked. */
export const knnExamplesMax = 100_000

const kRule = rule.int(0, demosMax)

/**
 * A predictor that shows, behind its own demonstrations, the `k` examples whose inputs are nearest to the question, the nearest
 * last. Nearness is the cosine of tf-idf over words and pairs of words of the inputs, without a model. An example with the very
 * inputs of the question is never shown, so that training rows can be asked about too.
 *
 * Source: Liu et al., What Makes Good In-Context Examples for GPT-3?, DeeLIO 2022 (KATE); DSPy's KNNFewShot. Differs: tf-idf in
 * the place of embeddings, and the neighbours are shown as they are, not bootstrapped anew for each question.
 * Throws: `foundation/invalid-option`, `dspx/invalid-state` for examples that do not fit the signature.
 * @example knnFewShot('text -> team: "billing" | "tech"', { examples: train, k: 4 })
 */
export function knnFewShot<const Text extends string>(
  text: Text,
  options: KnnFewShotOptions,
): KnnFewShot<InputsOfText<Text>, OutputsOfText<Text>>
export function knnFewShot<I, O>(asked: Signature<I, O> | Predict<I, O>, options: KnnFewShotOptions): KnnFewShot<I, O>
export function knnFewShot(
  asked: string | Signature | Predict,
  options: KnnFewShotOptions,
): KnnFewShot<Values, Values> {
  if (typeof asked === 'string') return new KnnFewShot(predict(signature(asked)), options)
  return new KnnFewShot(asked instanceof Program ? asked : predict(asked), options)
}

/** See {@link knnFewShot}. */
export class KnnFewShot<I, O> extends Program {
  override readonly settings: { readonly k: number }
  readonly predictor: Predict<I, O>
  /** The nearest examples to inputs, the nearest first. */
  readonly nearest: (inputs: Values, k: number) => Demo[]

  constructor(predictor: Predict<I, O>, options: KnnFewShotOptions) {
    super()
    checkOptions('knnFewShot', options, { examples: rule.array(), k: rule.optional(kRule) })
    const { examples, k } = { ...knnFewShotDefaults, ...definedOptions(options) }
    if (examples.length === 0 || examples.length > knnExamplesMax) {
      throw invalidOption('knnFewShot', 'examples', `1 to ${knnExamplesMax} examples`, examples.length)
    }
    this.settings = { k }
    this.predictor = predictor
    this.nearest = neighbourSearch(predictor.signature as Signature, examples)
  }

  /** Inputs and outputs of the whole. */
  get signature(): Signature<I, O> {
    return this.predictor.signature
  }

  async forward(inputs: I): Promise<O> {
    checkOptions('knnFewShot', this.settings, { k: kRule })
    const demos = this.nearest(inputs as Values, this.settings.k).reverse()
    const shown = { to: this.predictor, demos }
    return enterRun({ ...currentRun(), shown }, () => this.predictor.run(inputs)) as Promise<O>
  }
}

function neighbourSearch(asked: Signature, examples: readonly Demo[]): (inputs: Values, k: number) => Demo[] {
  const demos = examples.map(({ inputs, outputs }) => ({ inputs, outputs }))
  for (const [at, demo] of demos.entries()) checkDemos({ program: 'knnFewShot', key: `examples.${at}` }, [demo], asked)
  const texts = demos.map(({ inputs }) => inputsText(asked, inputs))
  const tfIdf = fitTfIdf(texts)
  const index = indexVectors(
    texts.map((text) => tfIdf.vector(text)),
    tfIdf.terms,
  )
  return (inputs, k) => {
    const similarities = index.similarities(tfIdf.vector(inputsText(asked, inputs)))
    const best: number[] = []
    const isLess = (a: number, b: number) => (similarities[a] as number) < (similarities[b] as number)
    for (let at = 0; at < similarities.length; at++) {
      const isFull = best.length >= k
      if (k === 0 || (isFull && !isLess(best.at(-1) as number, at)) || isDeepStrictEqual(demos[at]?.inputs, inputs))
        continue
      if (isFull) best.pop()
      let place = best.length
      while (place > 0 && isLess(best[place - 1] as number, at)) place--
      best.splice(place, 0, at)
    }
    return best.map((at) => demos[at] as Demo)
  }
}

function inputsText({ inputs: fields }: Signature, inputs: Values): string {
  const texts = fields.flatMap(({ name }) => {
    const value = Object.hasOwn(Object(inputs), name) ? inputs[name] : undefined
    return value === undefined ? [] : [typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]
  })
  return texts.join('\n')
}
