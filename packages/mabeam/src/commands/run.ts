/** `mabeam run`: one answer of a program, tuned or as written. */

import { createModels, type Field, type Values } from '@mabeam/dspx'
import { unknownName } from '@mabeam/foundation'
import { Command } from 'commander'
import { usage } from '../errors.ts'
import { type ModelCallOptions, modelPatience, withModelCallFlags } from '../model-calls.ts'
import { openProgram } from '../open-program.ts'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { integer } from './option-value.ts'

interface RunFlags extends Required<ModelCallOptions> {
  readonly input: readonly string[]
  readonly seed: number
  readonly json?: true
}

export function runCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('run')
    .description('run a program, tuned (artefact.json) or as written (program.ts), on one input')
    .argument('<program>', 'an artefact of a study, or a program file')
    .argument('[text]', 'the input, where the program takes one; "-" reads standard input')
    .option('--input <name=value>', 'one input field; repeat for more', (pair, all: string[]) => [...all, pair], [])
    .option('--seed <n>', 'for models that sample', integer(0, 2 ** 31), 7)
    .option('--json', 'print one line of JSON with outputs and usage')
  return withModelCallFlags(command).action(async (path: string, text: string | undefined, flags: RunFlags) => {
    const opened = await openProgram(path, terminal.cwd)
    const { inputs: fields } = opened.program.signature
    const given = text === '-' ? (await readAll(terminal.stdin)).trim() : text
    const inputs = readInputs(fields, given, flags.input)
    const { timeoutMs, retries } = flags
    const models = createModels({ ...modelPatience({ timeoutMs, retries }), clock: terminal.clock, env: terminal.env })
    const bound = opened.program.bind(opened.state, { models })
    const { outputs, usage: used } = await bound.run(inputs, { seed: flags.seed, signal: interruptSignal(terminal) })
    terminal.stdout.write(flags.json ? `${JSON.stringify({ outputs, usage: used })}\n` : formatOutputs(outputs))
    finish(0)
  })
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

function formatOutputs(outputs: Values): string {
  const entries = Object.entries(outputs)
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${showValue(value)}\n`).join('')
}

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function readAll(stream: Terminal['stdin']): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
