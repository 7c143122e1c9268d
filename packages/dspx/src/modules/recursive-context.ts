/** Recursive context: a text of any length stays outside of the prompt; the model writes code that looks into it and asks about parts. */

import { checkOptions, definedOptions, hasCode, rule, systemClock } from '@mabeam/foundation'
import { chainOfThought, type Predict, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { checkInputs } from '../programs/question.ts'
import { withDetails } from '../programs/result.ts'
import { currentRun } from '../programs/run-context.ts'
import { openSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { checkedLimits, type SandboxLimits } from '../sandbox/sandbox-limits.ts'
import { invalidSignature } from '../signatures/errors.ts'
import { plainField } from '../signatures/schema-field.ts'
import { readSignature, type Signature, signature, type Values } from '../signatures/signature.ts'
import { checkSignature } from '../signatures/signature-check.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { observationText, shortened } from '../tools/observation-text.ts'
import { bareCode } from './code-outputs.ts'
import { countFault, faultText } from './code-run.ts'
import { contextHosts, contextManual } from './context-hosts.ts'
import { fieldLines, innerSignature } from './inner-signature.ts'
import { extractSignature, trajectoryField } from './react-signatures.ts'
import { isLastCall, shorterWhereTooLong } from './step-limits.ts'
import { inStep } from './step-parts.ts'
import { type ReactStep, trajectoryText } from './trajectory.ts'

/** How a long text is worked through. */
export interface RecursiveContextOptions {
  /** The input that stays outside of the prompt; text. */
  readonly context: string
  /** Pieces of code, up to 200; then the answer is made of what was seen. Tuned as the setting `stepsMax`. @default 20 */
  readonly stepsMax?: number
  /** Questions about parts in one run, at every depth together. @default 50 */
  readonly asksMax?: number
  /** How deep a part that is too long for one prompt is worked through the same way; at 0 it is refused. @default 1 */
  readonly depthMax?: number
  /** The longest part that is asked about in one prompt. @default 20_000 */
  readonly askCharsMax?: number
  /** What is shown of what one piece of code printed and gave. @default 8_000 */
  readonly observationCharsMax?: number
  /** What is shown of all steps. @default 40_000 */
  readonly trajectoryCharsMax?: number
  /** Of the sandbox that code runs in. @default see `sandboxDefaults`, with 10 minutes for a question about a part */
  readonly limits?: SandboxLimits
}

export const recursiveContextDefaults = {
  stepsMax: 20,
  asksMax: 50,
  depthMax: 1,
  askCharsMax: 20_000,
  observationCharsMax: 8_000,
  trajectoryCharsMax: 40_000,
  limits: { hostTimeoutMs: 600_000 },
} as const satisfies Omit<Required<RecursiveContextOptions>, 'context'>

/** What is told besides the outputs. */
export interface RecursiveContextDetails {
  /** Whether code submitted the answer, or it was made of what was seen after `stepsMax` or with the last call of the budget. */
  readonly ended: 'submitted' | 'steps' | 'budget'
  /** Every piece of code and what it showed, as calls of `code`. */
  readonly trajectory: readonly ReactStep[]
  /** Questions asked about parts. */
  readonly asks: number
}

/**
 * A program that works through a text of any length. Its predictor `explore` writes JavaScript, piece by piece, that runs in a sandbox
 * and sees the text only by `peek`, `search` and `ask`; `part` answers what is asked about a part, and a part too long for one prompt
 * goes to `deeper`, a program of the same kind. Code submits the outputs, checked by their schemas; else `extract` takes them
 * from what was seen.
 *
 * Source: Zhang & Khattab, Recursive Language Models, 2025. Differs: the text is behind functions and no variable of the code; limits on
 * depth and on all questions together; JavaScript.
 * Throws: errors of models; `dspx/sandbox-failed`; `signal.reason`.
 * @example recursiveContext('book, question -> answer', { context: 'book' })
 */
export function recursiveContext<I, O>(asked: Signature<I, O>, options: RecursiveContextOptions): RecursiveContext<I, O>
export function recursiveContext<const Text extends string>(
  text: SignatureText<Text>,
  options: RecursiveContextOptions,
): RecursiveContext<InputsOfText<Text>, OutputsOfText<Text>>
export function recursiveContext(asked: string | Signature, options: RecursiveContextOptions): RecursiveContext {
  return new RecursiveContext(readSignature('recursiveContext', asked), options)
}

/** See {@link recursiveContext}. */
export class RecursiveContext<I = Values, O = Values> extends Program {
  override readonly settings: { readonly stepsMax: number }
  readonly signature: Signature<I, O>
  readonly explore: Predict
  readonly part: Predict<{ question: string; text: string }, { answer: string }>
  readonly extract: Predict
  /** For parts that are too long for one prompt; undefined where none are taken. */
  readonly deeper: RecursiveContext | undefined
  readonly options: Required<Omit<RecursiveContextOptions, 'stepsMax' | 'limits'>> & {
    readonly limits: Required<SandboxLimits>
  }

  constructor(asked: Signature<I, O>, options: RecursiveContextOptions) {
    super()
    checkSignature('recursiveContext', asked)
    checkOptions('recursiveContext', options, rules)
    const { stepsMax, limits, ...own } = { ...recursiveContextDefaults, ...definedOptions(options) }
    const whole = asked as Signature
    const field = whole.inputs.find(({ name }) => name === own.context)
    if (field?.kind !== 'text' || field.optional) {
      throw invalidSignature('recursiveContext', 'context: the name of an input of text', own.context)
    }
    const shown = whole.inputs.filter((one) => one !== field)
    this.settings = { stepsMax }
    this.signature = asked
    this.options = {
      ...own,
      limits: { ...checkedLimits('recursiveContext: limits', { ...recursiveContextDefaults.limits, ...limits }) },
    }
    this.explore = predict(exploreSignature(whole, shown), { name: 'explore' })
    this.part = predict(signature('question, text -> answer', partInstructions), { name: 'part' })
    this.extract = chainOfThought(extractSignature(whole, shown), { name: 'extract' })
    this.deeper =
      own.depthMax === 0
        ? undefined
        : recursiveContext(signature('question, text -> answer', partInstructions) as Signature, {
            ...options,
            context: 'text',
            depthMax: own.depthMax - 1,
          })
  }

  async forward(inputs: I): Promise<O & Omit<RecursiveContextDetails, keyof O>> {
    checkOptions('recursiveContext', { stepsMax: this.settings.stepsMax }, { stepsMax: stepsRule })
    const given = checkInputs(this.signature as Signature, inputs as Values)
    const counter = { asks: 0 }
    const { outputs, ...details } = await workThrough(this as RecursiveContext, given, counter)
    return withDetails(outputs as O & object, { ...details, asks: counter.asks })
  }
}

const stepsRule = rule.int(1, 200)
const rules = {
  context: rule.string(),
  stepsMax: rule.optional(stepsRule),
  asksMax: rule.optional(rule.int(0, 100_000)),
  depthMax: rule.optional(rule.int(0, 8)),
  askCharsMax: rule.optional(rule.int(1, 10_000_000)),
  observationCharsMax: rule.optional(rule.int(1, 1_000_000)),
  trajectoryCharsMax: rule.optional(rule.int(100, 10_000_000)),
  limits: rule.optional(rule.object()),
}

interface Worked extends Omit<RecursiveContextDetails, 'asks'> {
  readonly outputs: Values
}

async function workThrough(module: RecursiveContext, inputs: Values, counter: { asks: number }): Promise<Worked> {
  const { options, signature: asked } = module
  const { [options.context]: text, ...shown } = inputs as { readonly [name: string]: unknown }
  const { clock = systemClock, seed, telemetry } = currentRun() ?? {}
  const submitted: Values[] = []
  const hosts = contextHosts({
    signature: asked as Signature,
    text: String(text),
    ask: (question, part) => askAbout(module, { question, part }, counter),
    submit: (outputs) => void submitted.push(outputs),
  })
  const trajectory: ReactStep[] = []
  await using sandbox = openSandbox({
    limits: options.limits,
    hosts,
    clock,
    ...(seed !== undefined && { seed }),
    ...(telemetry && { telemetry }),
  })
  const facts = { textFacts: `${String(text).length} characters, which begin with: ${String(text).slice(0, 200)}` }
  for (let step = 0; step < module.settings.stepsMax; step++) {
    if (isLastCall()) return await extracted(module, shown, { ended: 'budget', trajectory })
    try {
      trajectory.push(await explored(module, { ...shown, ...facts }, { trajectory, sandbox, text: String(text) }))
    } catch (thrown) {
      if (!hasCode(thrown, 'dspx/budget-exhausted')) throw thrown
      return await extracted(module, shown, { ended: 'budget', trajectory })
    }
    const [outputs] = submitted
    if (outputs) return { outputs, ended: 'submitted', trajectory }
  }
  return await extracted(module, shown, { ended: 'steps', trajectory })
}

/** One piece of code, written and run. */
async function explored(
  { explore, options }: RecursiveContext,
  inputs: Values,
  {
    trajectory,
    sandbox,
    text,
  }: { readonly trajectory: readonly ReactStep[]; readonly sandbox: Sandbox; readonly text: string },
): Promise<ReactStep> {
  const { signal } = currentRun() ?? {}
  const written = await shorterWhereTooLong(options.trajectoryCharsMax, (charsMax) =>
    inStep(trajectory.length, () => explore.run({ ...inputs, trajectory: trajectoryText(trajectory, charsMax) })),
  )
  const code = bareCode(String(written.code))
  const waiting = signal ? { signal } : {}
  const set = await sandbox.run(`globalThis.textChars = ${text.length}; undefined`, waiting)
  const outcome = set.type === 'failed' ? set : await sandbox.run(code, waiting)
  const printed =
    outcome.printedOmitted > 0 ? `${outcome.printed} [${outcome.printedOmitted} left out]` : outcome.printed
  const fault = outcome.type === 'failed' ? faultText(outcome) : undefined
  if (fault !== undefined) countFault(explore, written, { fault, isAsked: true })
  const lost = outcome.type === 'failed' && outcome.isStateLost ? ' What was kept is lost.' : ''
  const last =
    outcome.type === 'value' ? valueText(outcome.value, options.observationCharsMax) : `Failed: ${fault}.${lost}`
  return {
    thought: String(written.thought),
    calls: [
      {
        tool: 'code',
        arguments: code,
        outcome: outcome.type === 'value' ? 'given' : 'failed',
        observation: shortened(`${printed}${last}`, options.observationCharsMax),
      },
    ],
  }
}

function valueText(value: unknown, charsMax: number): string {
  return value === undefined ? '' : observationText(value, charsMax)
}

/** Answers what code asks about a part; what it may not ask is thrown into the code. */
async function askAbout(
  { options, part: ask, deeper }: RecursiveContext,
  { question, part }: { readonly question: string; readonly part: string },
  counter: { asks: number },
): Promise<string> {
  if (counter.asks >= options.asksMax) throw new Error(`at most ${options.asksMax} questions may be asked`)
  if (part.length > options.askCharsMax && deeper === undefined) {
    throw new Error(`at most ${options.askCharsMax} characters at once, got ${part.length}; ask about smaller parts`)
  }
  counter.asks += 1
  if (part.length <= options.askCharsMax || deeper === undefined)
    return (await ask.run({ question, text: part })).answer
  const { outputs } = await workThrough(deeper, { question, text: part }, counter)
  return String(outputs.answer)
}

async function extracted(
  { extract, options, signature: asked }: RecursiveContext,
  shown: Values,
  details: Omit<Worked, 'outputs'>,
): Promise<Worked> {
  const given: Values = await shorterWhereTooLong(options.trajectoryCharsMax, (charsMax) =>
    extract.run({ ...shown, trajectory: trajectoryText(details.trajectory, charsMax) }),
  )
  const names = (asked as Signature).outputs.map(({ name }) => name).filter((name) => Object.hasOwn(given, name))
  return { ...details, outputs: Object.fromEntries(names.map((name) => [name, given[name]])) }
}

const partInstructions = 'Answer the question from the text alone. Say so where the text does not tell.'

function exploreSignature(asked: Signature, shown: Signature['inputs']): Signature {
  const instructions = [
    asked.instructions,
    'The text is too long to be shown. Write JavaScript that looks into it, one piece of code a step, until these output fields are known:',
    fieldLines(asked.outputs),
    contextManual,
  ].join('\n')
  return innerSignature(asked, {
    name: `${asked.name} (explore)`,
    instructions,
    shown,
    inputs: [plainField('textFacts', 'text', { description: 'about the text' }), trajectoryField],
    outputs: [
      plainField('thought', 'text', { description: 'what is known and what is to be looked at next' }),
      plainField('code', 'text', { description: 'JavaScript, nothing else' }),
    ],
  })
}
