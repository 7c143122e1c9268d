/** `mabeam run`: one answer of a program, tuned or as written. */

import { createModels, type Field, previewRun, type Values } from '@mabeam/dspx'
import { messageOf, unknownName } from '@mabeam/foundation'
import { Command } from 'commander'
import { exitStatusOf, usage } from '../errors.ts'
import { answerLength, type ModelCallFlags, modelPatience, withModelCallFlags } from '../model-calls.ts'
import { type OpenedProgram, openProgram } from '../open-program.ts'
import {
  answerJson,
  answerText,
  failedJson,
  failedRun,
  failedText,
  previewJson,
  previewText,
} from '../report/run-inside.ts'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { integer } from './option-value.ts'

interface RunFlags extends ModelCallFlags {
  readonly input: readonly string[]
  readonly seed: number
  readonly prompt?: true
  readonly trace?: true
  readonly json?: true
}

const examples = `
Examples:
  npx mabeam run triage.ts "charged twice"             as written
  npx mabeam run triage.ts "charged twice" --prompt    what the model would be sent; no model is called, no key is needed
  npx mabeam run .mabeam/artefacts/triage.json "charged twice" --trace     what was sent and what came back, step by step`

export function runCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('run')
    .description('run a program, tuned (artefact.json) or as written (program.ts), on one input')
    .argument('<program>', 'an artefact of a study, or a program file')
    .argument('[text]', 'the input, where the program takes one; "-" reads standard input')
    .option('--input <name=value>', 'one input field; repeat for more', (pair, all: string[]) => [...all, pair], [])
    .option('--seed <n>', 'for models that sample', integer(0, 2 ** 31), 7)
    .option('--prompt', 'print what it would ask first, to the letter, and call no model')
    .option('--trace', 'print what was sent and what came back, in order, before the outputs')
    .option('--json', 'print one line of JSON with outputs and usage, and with what --prompt or --trace ask for')
    .addHelpText('after', examples)
  return withModelCallFlags(command).action(async (path: string, text: string | undefined, flags: RunFlags) => {
    if (flags.prompt && flags.trace) throw usage('run: expected one of --prompt and --trace, got both')
    const opened = await openProgram(path, terminal.cwd)
    const { inputs: fields } = opened.program.signature
    const given = text === '-' ? (await readAll(terminal.stdin)).trim() : text
    const inputs = readInputs(fields, given, flags.input)
    const place = { terminal, flags, finish }
    const answered = await (flags.prompt ? preview(opened, inputs, place) : answer(opened, inputs, place))
    terminal.stdout.write(`${answered}\n`)
  })
}

interface RunPlace {
  readonly terminal: Terminal
  readonly flags: RunFlags
  readonly finish: (status: number) => void
}

async function preview({ program, state }: OpenedProgram, inputs: Values, { terminal, flags }: RunPlace) {
  const calls = await previewRun(program, inputs, { state, seed: flags.seed, ...answerLength(flags) })
  const asking = new Set(calls.map(({ predictor }) => predictor)).size
  const waiting = Object.keys(program.predictors).length - asking
  if (waiting > 0)
    terminal.stderr.write(`${waiting} more of its predictors may ask, by what these answer; --trace shows all\n`)
  return flags.json ? previewJson(calls) : previewText(calls)
}

async function answer({ program, state }: OpenedProgram, inputs: Values, { terminal, flags, finish }: RunPlace) {
  const { timeoutMs, retries, seed, trace = false, json } = flags
  const models = createModels({ ...modelPatience({ timeoutMs, retries }), clock: terminal.clock, env: terminal.env })
  const bound = program.bind(state, { models, ...answerLength(flags) })
  try {
    const result = await bound.run(inputs, { seed, trace, signal: interruptSignal(terminal) })
    return json ? answerJson(result, trace) : answerText(result)
  } catch (thrown) {
    const failed = trace ? failedRun(thrown) : undefined
    if (failed === undefined) throw thrown
    if (!json) {
      terminal.stderr.write(failedText(failed))
      throw thrown
    }
    terminal.stderr.write(`mabeam: ${messageOf(thrown)}\n`)
    finish(exitStatusOf(thrown))
    return failedJson(failed)
  }
}

/** The inputs from the command line. Throws `mabeam/usage` for a missing one, `foundation/unknown-name` for one too many. */
export function readInputs(fields: readonly Field[], text: string | undefined, pairs: readonly string[]): Values {
  const names = fields.map((field) => field.name)
  const inputs: { [name: string]: unknown } = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw usage(`run: --input: expected name=value, got ${JSON.stringify(pair)}`)
    const name = pair.slice(0, at)
    const field = fields.find((one) => one.name === name)
    if (!field) throw unknownName('run', 'input', name, names)
    if (Object.hasOwn(inputs, name)) throw usage(`run: --input: expected ${name} once, got it again`)
    inputs[name] = readValue(field, pair.slice(at + 1))
  }
  if (text !== undefined && text.trim() === '') throw usage('run: expected a text, got an empty one')
  const missing = fields.filter((field) => !Object.hasOwn(inputs, field.name) && !field.optional)
  const [first] = missing
  if (text !== undefined && first && missing.length === 1) inputs[first.name] = readValue(first, text)
  else if (text !== undefined)
    throw usage(`run: expected inputs by --input name=value (${names.join(', ')}), got a text`)
  else if (first)
    throw usage(`run: ${first.name}: expected an input, got nothing; give a text or --input ${first.name}=…`)
  return inputs
}

function readValue(field: Field, text: string): unknown {
  if (field.kind === 'text' || field.kind === 'enum') return text
  try {
    return JSON.parse(text)
  } catch {
    throw usage(`run: ${field.name}: expected a ${field.kind} as JSON, got ${JSON.stringify(text)}`)
  }
}

async function readAll(stream: Terminal['stdin']): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
