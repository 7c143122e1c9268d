/** Nearest-neighbour few-shot over examples that stay in code: more than a state may hold, or ranked by an embedding model. */

import { checkOptions, definedOptions, hasCode, invalidOption, rule, untilAborted } from '@mabeam/foundation'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { demoChoice, nearestDemos } from '../programs/demo-choice.ts'
import { demoText, readInputs } from '../programs/demo-inputs.ts'
import { type Predict, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { checkDemos, demosMax } from '../programs/program-state.ts'
import { isPredictor } from '../programs/program-walk.ts'
import { checkInputs } from '../programs/question.ts'
import { currentRun, enterRun } from '../programs/run-context.ts'
import { type Demo, type Signature, signature, type Values } from '../signatures/signature.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { textNearness } from './embedding-index.ts'

/** Among what is looked, and how many are shown. */
export interface KnnFewShotOptions {
  /** Up to `knnExamplesMax`; rows of a data set will do. */
  readonly examples: readonly Demo[]
  /** Demonstrations for each question. Tuned as the setting `k`. @default 5 */
  readonly k?: number
  /**
   * Says which inputs are alike. All examples are embedded when it is first asked, each question by one call more. They are paid from
   * the budget of the run that asks, and are no part of its usage. @default none: likeness is that of words
   */
  readonly embedder?: EmbeddingModel
}

export const knnFewShotDefaults = { k: 5 } as const satisfies Omit<KnnFewShotOptions, 'examples' | 'embedder'>

/** The most examples among which is looked. */
export const knnExamplesMax = 100_000

const kRule = rule.int(0, demosMax)

/**
 * A predictor that shows, behind its own demonstrations, the `k` examples whose inputs are nearest to the question, the nearest
 * last: what `predict(…, { demos, nearest })` does with demonstrations that are part of its state. An example with the very inputs
 * of the question is never shown, so that training rows can be asked about too.
 *
 * Source: Liu et al., What Makes Good In-Context Examples for GPT-3?, DeeLIO 2022 (KATE); DSPy's KNNFewShot. Differs: tf-idf
 * where no embedder is given, and the neighbours are shown as they are, not bootstrapped anew for each question.
 * Throws: `foundation/invalid-option`, `dspx/invalid-state` for examples that do not fit the signature; when it runs,
 * `dspx/retrieval-failed` for vectors that are none, and what the embedder throws.
 * @example knnFewShot('text -> team: "billing" | "tech"', { examples: train, k: 4 })
 */
export function knnFewShot<I, O>(asked: Signature<I, O> | Predict<I, O>, options: KnnFewShotOptions): KnnFewShot<I, O>
export function knnFewShot<const Text extends string>(
  text: SignatureText<Text>,
  options: KnnFewShotOptions,
): KnnFewShot<InputsOfText<Text>, OutputsOfText<Text>>
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
  readonly nearest: (inputs: Values, k: number, signal?: AbortSignal) => Promise<Demo[]>

  constructor(predictor: Predict<I, O>, options: KnnFewShotOptions) {
    super()
    if (!isPredictor(predictor)) {
      throw invalidOption('knnFewShot', 'predictor', 'a predictor, as predict(…) gives it', predictor)
    }
    checkOptions('knnFewShot', options, {
      examples: rule.array(),
      k: rule.optional(kRule),
      embedder: rule.optional(rule.having('doEmbed')),
    })
    const { examples, k } = { ...knnFewShotDefaults, ...definedOptions(options) }
    if (examples.length === 0 || examples.length > knnExamplesMax) {
      throw invalidOption('knnFewShot', 'examples', `1 to ${knnExamplesMax} examples`, examples.length)
    }
    this.settings = { k }
    this.predictor = predictor
    this.nearest = neighbourSearch(predictor.signature as Signature, options)
  }

  /** Inputs and outputs of the whole. */
  get signature(): Signature<I, O> {
    return this.predictor.signature
  }

  async forward(inputs: I): Promise<O> {
    const { k } = this.settings
    checkOptions('knnFewShot', { k }, { k: kRule })
    const run = currentRun()
    checkInputs(this.signature as Signature, inputs as Values)
    const nearest = await this.nearest(inputs as Values, k, run?.signal)
    const shown = { to: this.predictor, demos: nearest.reverse() }
    return enterRun({ ...run, shown }, () => this.predictor.run(inputs)) as Promise<O>
  }
}

type NeighbourSearch = KnnFewShot<unknown, unknown>['nearest']

/** Looks by words, or by the embedder. */
function neighbourSearch(
  asked: Signature,
  { examples, embedder }: Pick<KnnFewShotOptions, 'examples' | 'embedder'>,
): NeighbourSearch {
  const demos = examples.map(({ inputs, outputs }) => ({ inputs, outputs }))
  for (const [at, demo] of demos.entries()) {
    checkDemos({ program: 'knnFewShot', key: `examples.${at}`, max: 1 }, [demo], asked)
  }
  if (embedder !== undefined) return embeddedSearch(asked, demos, embedder)
  return async (inputs, count) => nearestDemos(asked, { demos, count }, readInputs(asked, inputs))
}

/** Embeds the examples when it is first asked. */
function embeddedSearch(asked: Signature, demos: readonly Demo[], model: EmbeddingModel): NeighbourSearch {
  const choice = demoChoice(asked, demos)
  const embedded = madeOnce(() => {
    const texts = demos.map((demo) => demoText(asked, demo.inputs))
    return textNearness('knnFewShot', texts, { model })
  })
  return async (given, count, signal) => {
    if (count === 0) return []
    const inputs = readInputs(asked, given)
    const nearness = await embedded(signal)
    return choice.choose(await nearness(demoText(asked, inputs), signal), { inputs, count })
  }
}

/** Made, and paid for, by who asks first; where its budget ends, the next one pays. What failed is made anew. */
function madeOnce<T>(make: () => Promise<T>): (signal: AbortSignal | undefined) => Promise<T> {
  let made: Promise<T> | undefined
  const begin = () =>
    make().catch((thrown: unknown) => {
      made = undefined
      throw thrown
    })
  return async (signal) => {
    for (;;) {
      const isOthers = made !== undefined
      made ??= begin()
      try {
        return await untilAborted(made, signal)
      } catch (thrown) {
        if (!isOthers || !hasCode(thrown, 'dspx/budget-exhausted')) throw thrown
      }
    }
  }
}
