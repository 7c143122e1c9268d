/** Multi-chain comparison: several chains of thought, and an answer that looks at all of them. */

import { checkOptions, definedOptions, show } from '@mabeam/foundation'
import { chainOfThought, type Predict, type Reasoned } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { invalidSignature } from '../signatures/errors.ts'
import { plainField } from '../signatures/schema-field.ts'
import { readSignature, type Signature, type Values } from '../signatures/signature.ts'
import { checkSignature } from '../signatures/signature-check.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { noTrySucceeded } from './errors.ts'
import { type GoodTry, isBad, isGood, triesRule, tryRun } from './tries.ts'

/** How many chains are compared. */
export interface MultiChainOptions {
  /** Up to `triesMax`. Tuned as the setting `m`. @default 3 */
  readonly m?: number
}

export const multiChainDefaults = { m: 3 } as const satisfies Required<MultiChainOptions>

/** The most characters that are told of the reasoning, and of each conclusion, of a chain. */
export const chainCharsMax = 20_000

/** The input by which the comparison is given the chains. */
export const chainsField = 'chains_of_thought'

/**
 * A program that reasons `m` times at the same time and then answers with all of that reasoning before it. Chains differ by seed and
 * temperature, see `tryTemperature`; one that failed is left out.
 *
 * Source: Yoran et al., Answering Questions by Meta-Reasoning over Multiple Chains of Thought, EMNLP 2023; DSPy's
 * MultiChainComparison. Differs: it makes the chains itself, and gives them in one input.
 * Throws: `dspx/no-try-succeeded` when all chains failed; `dspx/invalid-signature` where an input has the name of its own.
 * @example multiChainComparison('question -> answer', { m: 5 })
 */
export function multiChainComparison<I, O>(
  asked: Signature<I, O>,
  options?: MultiChainOptions,
): MultiChainComparison<I, O>
export function multiChainComparison<const Text extends string>(
  text: SignatureText<Text>,
  options?: MultiChainOptions,
): MultiChainComparison<InputsOfText<Text>, OutputsOfText<Text>>
export function multiChainComparison(
  asked: string | Signature,
  options: MultiChainOptions = {},
): MultiChainComparison<Values, Values> {
  return new MultiChainComparison(readSignature('multiChainComparison', asked), options)
}

/** See {@link multiChainComparison}. */
export class MultiChainComparison<I, O> extends Program {
  override readonly settings: { readonly m: number }
  /** Makes the chains. */
  readonly chain: Predict<I, Reasoned<O>>
  /** Answers, looking at them. */
  readonly compare: Predict<I & { readonly [chainsField]: string }, Reasoned<O>>

  constructor(asked: Signature<I, O>, options: MultiChainOptions) {
    super()
    checkSignature('multiChainComparison', asked)
    checkOptions('multiChainComparison', options, { m: { ...triesRule, optional: true } })
    if (asked.inputs.some(({ name }) => name === chainsField)) {
      throw invalidSignature(asked.name, `no input with the name ${chainsField}`, chainsField)
    }
    this.settings = { ...multiChainDefaults, ...definedOptions(options) }
    this.chain = chainOfThought(asked)
    const instructions = `${asked.instructions}\nSeveral chains of thought about this are given. Weigh them against each other, and answer with what holds.`
    const chains = plainField(chainsField, 'text', { description: 'reasoning and conclusions of earlier tries' })
    const compared: Signature<I, O> = { ...asked, instructions, inputs: [...asked.inputs, chains] }
    this.compare = chainOfThought(compared) as unknown as this['compare']
  }

  /** Inputs and outputs of the whole. */
  get signature(): Signature<I, Reasoned<O>> {
    return this.chain.signature
  }

  async forward(inputs: I): Promise<Reasoned<O>> {
    checkOptions('multiChainComparison', { m: this.settings.m }, { m: triesRule })
    const tries = await Promise.all(
      Array.from({ length: this.settings.m }, (_, index) => tryRun(this.chain as Predict, inputs as Values, index)),
    )
    const chains = tries.filter(isGood)
    if (chains.length === 0) throw noTrySucceeded('multiChainComparison', tries.filter(isBad))
    return this.compare.run({ ...inputs, [chainsField]: chains.map(chainText).join('\n\n') })
  }
}

function chainText({ outputs }: GoodTry<Values>, index: number): string {
  const { reasoning, ...concluded } = outputs as Values
  const said = Object.entries(concluded).map(([name, value]) => {
    return `${name}: ${typeof value === 'string' ? value.slice(0, chainCharsMax) : show(value)}`
  })
  return `${index + 1}. ${String(reasoning).slice(0, chainCharsMax)}\nConclusion: ${said.join('; ')}`
}
