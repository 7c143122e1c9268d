/** `mabeam eval`: how good a program is on rows, and whether it beats another one on the same rows. */

import { resolve } from 'node:path'
import { comparePrograms, createModels, type Evaluation, evaluate, loadDataset } from '@mabeam/dspx'
import { seededRandom, writeWholeFile } from '@mabeam/foundation'
import { Command } from 'commander'
import { usage } from '../errors.ts'
import { answerLength, failedCallsMax, type ModelCallFlags, modelPatience, withModelCallFlags } from '../model-calls.ts'
import { openProgram } from '../open-program.ts'
import { formatCost, formatLatency, formatPaired, percent } from '../report/figures.ts'
import { progressLine } from '../report/progress-line.ts'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { integer } from './option-value.ts'

interface EvalFlags extends ModelCallFlags {
  readonly data?: string
  readonly compare?: string
  readonly concurrency: number
  readonly seed: number
  readonly predictions?: string
  readonly json?: true
}

export function evalCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('eval')
    .description('score a program on rows, with a 95 % interval; compare it with another on the same rows')
    .argument('<program>', 'an artefact of a study, or a program file')
    .option('--data <file>', 'the rows, .jsonl, .csv or .parquet')
    .option('--compare <program>', 'another artefact or program file to compare with, row by row')
    .option('--concurrency <n>', 'rows at the same time', integer(1, 10_000), 16)
    .option('--seed <n>', 'for models that sample, and for intervals', integer(0, 2 ** 31), 7)
    .option('--predictions <file>', 'write every row with its answer and score there, as JSON lines')
    .option('--json', 'print one line of JSON')
  return withModelCallFlags(command).action(async (path: string, flags: EvalFlags) => {
    const signal = interruptSignal(terminal)
    const scored = await score(path, { terminal, flags, signal })
    const other = flags.compare === undefined ? undefined : await score(flags.compare, { terminal, flags, signal })
    const paired = other && comparePrograms(scored, other, { random: seededRandom(flags.seed) })
    if (flags.predictions !== undefined) {
      await writeWholeFile(resolve(terminal.cwd, flags.predictions), predictionLines(scored))
    }
    const summary = {
      program: path,
      ...summaryOf(scored),
      ...(paired && { paired: { with: flags.compare, ...paired } }),
    }
    terminal.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : formatSummary(summary))
    finish(0)
  })
}

interface Scoring {
  readonly terminal: Terminal
  readonly flags: EvalFlags
  readonly signal: AbortSignal
}

async function score(path: string, { terminal, flags, signal }: Scoring): Promise<Evaluation> {
  if (flags.data === undefined) throw usage('eval: --data: expected a .jsonl, .csv or .parquet file, got nothing')
  const { program, state } = await openProgram(path, terminal.cwd)
  const required = program.metric.fields ?? []
  const { examples } = await loadDataset(resolve(terminal.cwd, flags.data), { signature: program.signature, required })
  const { timeoutMs, retries } = flags
  const models = createModels({ ...modelPatience({ timeoutMs, retries }), clock: terminal.clock, env: terminal.env })
  const line = progressLine(terminal.stderr, terminal.clock)
  try {
    return await evaluate(program.bind(state, { models, ...answerLength(flags) }), examples, {
      concurrency: flags.concurrency,
      errorsMax: failedCallsMax(examples.length),
      seed: flags.seed,
      signal,
      onProgress: ({ done, total }) => line.update({ what: path, done, total }),
    })
  } finally {
    line.end()
  }
}

function summaryOf(scored: Evaluation) {
  const { accuracy, ci95, costUsd, latencyMsP50, errors, seconds, usage } = scored
  return { rows: scored.scores.length, accuracy, ci95, costUsd, latencyMsP50, errors, seconds, usage }
}

type Summary = { program: string } & ReturnType<typeof summaryOf> & {
    paired?: Parameters<typeof formatPaired>[0] & { with: string | undefined }
  }

function formatSummary(summary: Summary): string {
  const { paired } = summary
  return [
    `accuracy  ${percent(summary.accuracy)}  (95 % interval ${percent(summary.ci95[0])} to ${percent(summary.ci95[1])}, ${summary.rows} rows, ${summary.errors} failed)`,
    `cost      ${formatCost(summary.costUsd)} per 1,000 rows`,
    `latency   ${formatLatency(summary.latencyMsP50)} (median)`,
    ...(paired ? [`against ${paired.with}: ${formatPaired(paired)} points`] : []),
    '',
  ].join('\n')
}

function* predictionLines({ predictions }: Evaluation): Generator<string> {
  for (const one of predictions) yield `${JSON.stringify(one)}\n`
}
