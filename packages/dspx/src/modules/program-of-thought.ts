/** Program of thought: the model writes JavaScript, a sandbox runs it, and what it gives is the answer. */

import { checkOptions, definedOptions, rule, systemClock } from '@mabeam/foundation'
import { type Predict, predict, reasoningField } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { withDetails } from '../programs/result.ts'
import { currentRun } from '../programs/run-context.ts'
import { plainData } from '../sandbox/plain-data.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { checkedLimits, type SandboxLimits, valueDepthMax } from '../sandbox/sandbox-limits.ts'
import type { SandboxOutcome } from '../sandbox/sandbox-outcome.ts'
import { plainField } from '../signatures/schema-field.ts'
import { readSignature, type Signature, type Values } from '../signatures/signature.ts'
import { checkSignature } from '../signatures/signature-check.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { checkTools, type Tool } from '../tools/tool.ts'
import { toolHosts, toolList } from '../tools/tool-host.ts'
import { bareCode, codeOutputs } from './code-outputs.ts'
import { type CodeRun, countFault, faultText } from './code-run.ts'
import { codeFailed } from './errors.ts'
import { fieldLines, innerSignature, plainInputs } from './inner-signature.ts'
import { inStep } from './step-parts.ts'

/** How code is written and run. */
export interface ProgramOfThoughtOptions {
  /** How often code that gave no outputs is written anew, told why. Tuned as the setting `repairsMax`. @default 3 */
  readonly repairsMax?: number
  /** Functions that code may call, `await name(input)`. @default none */
  readonly tools?: readonly Tool[]
  /** Of the sandbox of each piece of code; `hostTimeoutMs` is also that of a tool. @default see `sandboxDefaults` */
  readonly limits?: SandboxLimits
}

export const programOfThoughtDefaults = {
  repairsMax: 3,
  tools: [],
  limits: {},
} as const satisfies Required<ProgramOfThoughtOptions>

/** The most repairs. */
export const repairsMaxMax = 20

/** What a program of thought tells besides its outputs. */
export interface CodeDetails {
  /** Every piece of code in order; the last gave the outputs. */
  readonly runs: readonly CodeRun[]
}

/**
 * A program whose predictor `write` writes JavaScript that computes the outputs. The code finds the inputs in `inputs` (not images,
 * sounds and files), may call the tools, and gives an object with every output, which is checked by their schemas. Code that fails
 * is written anew up to `repairsMax` times, told of itself and its error; each is also an attempt, `unreadable`, of adapter `sandbox`.
 *
 * Source: Chen et al., Program of Thoughts Prompting, TMLR 2023; DSPy's ProgramOfThought. Differs: JavaScript in QuickJS; what the
 * code gives is the answer, with no second question to read it out of what it printed.
 * Throws: `dspx/code-failed` with the last code and error when no code did; `dspx/sandbox-failed`; errors of models.
 * @example programOfThought('numbers: number[] -> median: number')
 */
export function programOfThought<I, O>(
  asked: Signature<I, O>,
  options?: ProgramOfThoughtOptions,
): ProgramOfThought<I, O>
export function programOfThought<const Text extends string>(
  text: SignatureText<Text>,
  options?: ProgramOfThoughtOptions,
): ProgramOfThought<InputsOfText<Text>, OutputsOfText<Text>>
export function programOfThought(asked: string | Signature, options: ProgramOfThoughtOptions = {}): ProgramOfThought {
  return new ProgramOfThought(readSignature('programOfThought', asked), options)
}

/** See {@link programOfThought}. */
export class ProgramOfThought<I = Values, O = Values> extends Program {
  override readonly settings: { readonly repairsMax: number }
  readonly signature: Signature<I, O>
  readonly write: Predict
  readonly tools: readonly Tool[]
  readonly limits: Required<SandboxLimits>

  constructor(asked: Signature<I, O>, options: ProgramOfThoughtOptions) {
    super()
    checkSignature('programOfThought', asked)
    checkOptions('programOfThought', options, {
      repairsMax: rule.optional(repairsRule),
      tools: rule.optional(rule.array()),
      limits: rule.optional(rule.object()),
    })
    const { repairsMax, tools, limits } = { ...programOfThoughtDefaults, ...definedOptions(options) }
    checkTools('programOfThought', tools, 0)
    this.settings = { repairsMax }
    this.signature = asked
    this.tools = tools
    this.limits = checkedLimits('programOfThought: limits', limits)
    this.write = predict(writeSignature(asked as Signature, tools), { name: 'write' })
  }

  async forward(inputs: I): Promise<O & Omit<CodeDetails, keyof O>> {
    const { repairsMax } = this.settings
    checkOptions('programOfThought', { repairsMax }, { repairsMax: repairsRule })
    const runs: CodeRun[] = []
    for (let repair = 0; ; repair++) {
      const last = runs.at(-1)
      const told = last && { previousCode: last.code, previousError: last.fault }
      const written = await inStep(repair, () => this.write.run({ ...(inputs as Values), ...told }))
      const code = bareCode(String(written.code))
      const outcome = await runCode(this as ProgramOfThought, code, inputs as Values)
      const { printed, printedOmitted } = outcome
      const given = outcome.type === 'value' ? codeOutputs(this.signature as Signature, outcome.value) : undefined
      if (given && 'outputs' in given) {
        runs.push({ code, printed, printedOmitted })
        return withDetails(given.outputs as O & object, { runs })
      }
      const fault = given?.fault ?? faultText(outcome)
      runs.push({ code, printed, printedOmitted, fault })
      countFault(this.write, written, { fault, isAsked: repair < repairsMax })
      if (repair >= repairsMax) throw codeFailed('programOfThought', runs)
    }
  }
}

const repairsRule = rule.int(0, repairsMaxMax)

async function runCode(
  { limits, tools, signature: asked }: ProgramOfThought,
  code: string,
  inputs: Values,
): Promise<SandboxOutcome> {
  const { clock = systemClock, seed, signal, telemetry } = currentRun() ?? {}
  const hosts = toolHosts(tools)
  const names = plainInputs(asked.inputs).map(({ name }) => name)
  const given = plainData(
    Object.fromEntries(names.filter((name) => Object.hasOwn(inputs, name)).map((name) => [name, inputs[name]])),
    { depthMax: valueDepthMax, partsMax: limits.valueCharsMax },
  )
  if (given.type === 'refused') {
    return {
      type: 'failed',
      reason: 'value',
      message: `inputs: ${given.reason}`,
      isStateLost: false,
      printed: '',
      printedOmitted: 0,
    }
  }
  const waiting = signal ? { signal } : {}
  await using sandbox = openSandbox({
    limits,
    hosts,
    clock,
    ...(seed !== undefined && { seed }),
    ...(telemetry && { telemetry }),
  })
  const text = JSON.stringify(JSON.stringify(given.json))
  const set = await sandbox.run(`globalThis.inputs = JSON.parse(${text}); undefined`, waiting)
  return set.type === 'failed' ? set : await sandbox.run(code, waiting)
}

function writeSignature(asked: Signature, tools: readonly Tool[]): Signature {
  const instructions = [
    asked.instructions,
    'Write JavaScript that computes the answer. The object `inputs` holds the input fields by their names. The last expression of the code is an object with these fields:',
    fieldLines(asked.outputs),
    'There are no modules, files, network or timers. `await` works everywhere.',
    ...(tools.length > 0 ? [`These functions may be called, each gives a promise:\n${toolList(tools)}`] : []),
  ].join('\n')
  const previous = { optional: true }
  return innerSignature(asked, {
    name: `${asked.name} (code)`,
    instructions,
    inputs: [
      plainField('previousCode', 'text', { ...previous, description: 'code that did not work' }),
      plainField('previousError', 'text', { ...previous, description: 'why it did not work' }),
    ],
    outputs: [reasoningField, plainField('code', 'text', { description: 'JavaScript, nothing else' })],
  })
}
