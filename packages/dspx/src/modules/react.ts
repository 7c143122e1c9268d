/** ReAct: a model thinks, calls tools, sees what they give, and again, until it has what the answer needs. */

import { checkOptions, definedOptions, hasCode, rule, systemClock } from '@mabeam/foundation'
import { withData } from '../error-data.ts'
import { askingOf, chainOfThought, type Predict, predict } from '../programs/predictor.ts'
import { Program, type ProgramInputs } from '../programs/program.ts'
import { runProgram } from '../programs/program-run.ts'
import { partsOfRun } from '../programs/program-stream.ts'
import { checkInputs } from '../programs/question.ts'
import { type Result, withDetails } from '../programs/result.ts'
import { currentRun, overlaid, ownOptions } from '../programs/run-context.ts'
import { checkRunOptions, type RunOptions } from '../programs/run-options.ts'
import { isRecord } from '../record.ts'
import { readSignature, type Signature, type Values } from '../signatures/signature.ts'
import { checkSignature } from '../signatures/signature-check.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { checkTools, type Tool } from '../tools/tool.ts'
import { callTool, type MadeCall } from '../tools/tool-call.ts'
import { calledStep } from './called-step.ts'
import { type ProposedStep, type StepAsking, wordedStep } from './proposed-step.ts'
import { actSignature, extractSignature } from './react-signatures.ts'
import { isLastCall, shorterWhereTooLong } from './step-limits.ts'
import type { CalledStep } from './step-messages.ts'
import { tellCall, tellResult } from './step-parts.ts'
import { type ReactStep, trajectoryText } from './trajectory.ts'

/** How tools are worked with. */
export interface ReactOptions {
  readonly tools: readonly Tool[]
  /** Steps, up to 1,000; then the answer is made of what is known. Tuned as the setting `stepsMax`. @default 10 */
  readonly stepsMax?: number
  /**
   * How a model asks for tools: by those of its provider (`native`), in words (`words`), or natively unless it is known to have none,
   * as the embedded one. @default 'auto'
   */
  readonly toolCalls?: 'auto' | 'native' | 'words'
  /** Tools called at once in one step; more are refused. @default 8 */
  readonly callsAtOnceMax?: number
  /** The time of one call. @default 30_000 */
  readonly toolTimeoutMs?: number
  /** What is shown of one result. @default 4_000 */
  readonly observationCharsMax?: number
  /** What is shown of all steps: the oldest observations are shortened first. @default 40_000 */
  readonly trajectoryCharsMax?: number
}

export const reactDefaults = {
  stepsMax: 10,
  toolCalls: 'auto',
  callsAtOnceMax: 8,
  toolTimeoutMs: 30_000,
  observationCharsMax: 4_000,
  trajectoryCharsMax: 40_000,
} as const satisfies Omit<Required<ReactOptions>, 'tools'>

/** Why the work ended: the model was done, `stepsMax` were taken, or the budget allows no further step. */
export type ReactEnd = 'finished' | 'steps' | 'budget'

/** What is told besides the outputs. */
export interface ReactDetails {
  readonly ended: ReactEnd
  /** Every step, with observations as long as `observationCharsMax`. */
  readonly trajectory: readonly ReactStep[]
}

/** One part of the steps of a run. The result comes last. */
export type ReactPart<O> =
  | { readonly type: 'step'; readonly index: number; readonly step: ReactStep }
  | { readonly type: 'result'; readonly result: Result<O & Omit<ReactDetails, keyof O>> }

/**
 * A program whose predictor `act` works with tools, step by step, and whose predictor `extract` then takes the outputs out of what
 * was seen: there is always an answer, and `ended` and `trajectory` beside it say how it came about. What a tool does wrong, wrong
 * arguments and unknown names are observations, from which the model may go on.
 *
 * Source: Yao et al., ReAct, ICLR 2023; DSPy's ReAct. Differs: tool calls of the provider where it has them, several at once;
 * arguments checked by schemas; bounded observations and trajectory, what is left out is said.
 * Throws: errors of models; `dspx/budget-exhausted` with `trajectory` where not even the answer can be paid for; `signal.reason`.
 * @example react('question -> answer', { tools: [weather] })
 */
export function react<I, O>(asked: Signature<I, O>, options: ReactOptions): React<I, O>
export function react<const Text extends string>(
  text: SignatureText<Text>,
  options: ReactOptions,
): React<InputsOfText<Text>, OutputsOfText<Text>>
export function react(asked: string | Signature, options: ReactOptions): React {
  return new React(readSignature('react', asked), options)
}

/** See {@link react}. */
export class React<I = Values, O = Values> extends Program {
  override readonly settings: { readonly stepsMax: number }
  readonly signature: Signature<I, O>
  readonly act: Predict
  readonly extract: Predict
  readonly tools: readonly Tool[]
  readonly limits: Omit<Required<ReactOptions>, 'tools' | 'stepsMax'>
  /** Takes steps as they are made; set in the copy that `steps` runs. */
  readonly onStep?: (index: number, step: ReactStep) => Promise<void> | undefined

  constructor(asked: Signature<I, O>, options: ReactOptions) {
    super()
    checkSignature('react', asked)
    checkOptions('react', options, reactRules)
    checkTools('react', options.tools, 1)
    const { tools, stepsMax, ...limits } = { ...reactDefaults, ...definedOptions(options) }
    this.settings = { stepsMax }
    this.signature = asked
    this.tools = tools
    this.limits = limits
    this.act = predict(actSignature(asked as Signature, tools), { name: 'act' })
    this.extract = chainOfThought(extractSignature(asked as Signature), { name: 'extract' })
  }

  async forward(inputs: I): Promise<O & Omit<ReactDetails, keyof O>> {
    const { stepsMax } = this.settings
    checkOptions('react', { stepsMax }, { stepsMax: stepsRule })
    checkInputs(this.signature as Signature, inputs as Values)
    const steps: ReactStep[] = []
    const ended = await takeSteps(this as React, inputs as Values, steps)
    const outputs = await extractOutputs(this as React, inputs as Values, { ended, trajectory: steps })
    return withDetails(outputs as O & object, { ended, trajectory: steps })
  }

  /**
   * Runs it and gives each step when its tools have answered, then the result. A loop that is left early stops the run; while a
   * step waits to be taken the run waits too.
   *
   * Throws: as `run`.
   * @example for await (const part of agent.steps({ question }, { lm })) if (part.type === 'step') show(part.step)
   */
  steps(inputs: ProgramInputs<this>, options: RunOptions = {}): AsyncGenerator<ReactPart<O>, void, void> {
    const { signal: given, ...said } = { ...options }
    return partsOfRun<ReactPart<O>>({ owner: 'react', capacity: 1, signal: given }, async (parts, signal) => {
      if (!isRecord(options)) checkRunOptions('react', options)
      const onStep = (index: number, step: ReactStep) => parts.put({ type: 'step', index, step })
      const watched: React<I, O> = Object.assign(Object.create(Object.getPrototypeOf(this)), this, { onStep })
      const result = await runProgram<O & Omit<ReactDetails, keyof O>>(watched, inputs, { ...said, signal })
      return { type: 'result', result }
    })
  }
}

const stepsRule = rule.int(1, 1_000)
const reactRules = {
  tools: rule.array(),
  stepsMax: rule.optional(stepsRule),
  toolCalls: rule.optional(rule.oneOf(['auto', 'native', 'words'])),
  callsAtOnceMax: rule.optional(rule.int(1, 128)),
  toolTimeoutMs: rule.optional(rule.int(1)),
  observationCharsMax: rule.optional(rule.int(1, 1_000_000)),
  trajectoryCharsMax: rule.optional(rule.int(100, 10_000_000)),
}

async function takeSteps(module: React, inputs: Values, steps: ReactStep[]): Promise<ReactEnd> {
  const { stepsMax } = module.settings
  const asking: Asked = { module, inputs, taken: [], isWorded: module.limits.toolCalls === 'words' }
  for (let index = 0; index < stepsMax; index++) {
    if (isLastCall()) return 'budget'
    let proposed: ProposedStep
    try {
      proposed = await shorterWhereTooLong(module.limits.trajectoryCharsMax, (charsMax) => propose(asking, charsMax))
    } catch (thrown) {
      if (!hasCode(thrown, 'dspx/budget-exhausted')) throw thrown
      return 'budget'
    }
    const { thought, reasoning, fault, said = [] } = proposed
    const calls = await callAll(module, proposed, asking.taken.length)
    const step: ReactStep = {
      thought,
      ...(reasoning !== undefined && { reasoning }),
      calls,
      ...(fault !== undefined && { fault }),
    }
    asking.taken.push({ ...step, said })
    if (calls.length > 0 || thought !== '' || fault !== undefined) {
      steps.push(step)
      await module.onStep?.(index, step)
    }
    if (proposed.isFinish) return 'finished'
  }
  return 'steps'
}

interface Asked {
  readonly module: React
  readonly inputs: Values
  /** The steps so far, with what their answers held. */
  readonly taken: CalledStep[]
  isWorded: boolean
}

async function propose(asked: Asked, trajectoryCharsMax: number): Promise<ProposedStep> {
  const { module, inputs, taken: steps } = asked
  const { act, tools, signature: whole, limits } = module
  const asking: StepAsking = { act, signature: whole as Signature, tools, inputs, steps, trajectoryCharsMax }
  const run = overlaid(currentRun(), ownOptions(act))
  const { model } = askingOf(act, run)
  if (asked.isWorded || (limits.toolCalls === 'auto' && model.provider === 'local')) return await wordedStep(asking)
  const called = await calledStep(asking, run)
  if (limits.toolCalls !== 'auto' || !called.isWithoutTools) return called
  asked.isWorded = true
  return await wordedStep(asking)
}

async function callAll(module: React, { calls, said }: ProposedStep, step: number): Promise<MadeCall[]> {
  const { clock = systemClock, signal } = currentRun() ?? {}
  const { callsAtOnceMax, toolTimeoutMs, observationCharsMax } = module.limits
  const options = { tools: module.tools, clock, signal, toolTimeoutMs, observationCharsMax }
  const observation = `Refused: at most ${callsAtOnceMax} calls at once.`
  const place = { by: module.act, step }
  return await Promise.all(
    calls.map(async (call, i): Promise<MadeCall> => {
      if (said === undefined) await tellCall(place, i, call.tool) // in words: nobody has told of it
      const made: MadeCall =
        i < callsAtOnceMax ? await callTool(call, options) : { ...call, outcome: 'refused', observation }
      await tellResult(place, i, made)
      return made
    }),
  )
}

async function extractOutputs(module: React, inputs: Values, details: ReactDetails): Promise<Values> {
  const { trajectory, ended } = details
  try {
    const given = await shorterWhereTooLong(module.limits.trajectoryCharsMax, (charsMax) =>
      module.extract.run({ ...inputs, trajectory: trajectoryText(trajectory, charsMax) }),
    )
    const names = (module.signature as Signature).outputs.map(({ name }) => name)
    return Object.fromEntries(names.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]]))
  } catch (thrown) {
    if (!hasCode(thrown, 'dspx/budget-exhausted')) throw thrown
    throw withData(thrown, { ended, trajectory: trajectoryText(trajectory, module.limits.trajectoryCharsMax) })
  }
}
