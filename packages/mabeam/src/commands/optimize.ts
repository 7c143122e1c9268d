/** `mabeam optimize`: tunes a program on data and shows what it gained on rows that tuning never saw. */

import { relative } from 'node:path'
import { Command, Option } from 'commander'
import { usage } from '../errors.ts'
import { homeFolder } from '../home.ts'
import type { JobEvent } from '../job/job-event.ts'
import { type JobOptions, optimizeProgramDefaults, type StudyRequest } from '../job/job-options.ts'
import { objectiveNames } from '../job/objectives.ts'
import { optimizeProgram } from '../job/optimize-program.ts'
import { jobProgress } from '../report/job-progress.ts'
import { progressLine } from '../report/progress-line.ts'
import { formatReport, reportStyle, tryCommand } from '../report/tables.ts'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { integer } from './option-value.ts'

interface OptimizeFlags {
  readonly data?: string
  readonly validation?: string
  readonly test?: string
  readonly budget: number
  readonly workers: number
  readonly seed: number
  readonly sampler: 'tpe' | 'random'
  readonly teleprompter: Required<StudyRequest>['teleprompter']
  readonly objectives: Required<StudyRequest>['objectives']
  readonly rowsPerTrial: number
  readonly concurrency: number
  readonly study?: string
  readonly resume?: string
  readonly json?: true
}

export function optimizeCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const defaults = optimizeProgramDefaults
  return new Command('optimize')
    .description('tune a program on data; show what it gained on held-out rows; save the tuned program')
    .argument('[program.ts]', 'the file whose default export is the program')
    .option('--data <file>', 'rows to learn from, .jsonl or .csv; split where no other file is given')
    .option('--validation <file>', 'rows that trials are judged by')
    .option('--test <file>', 'held-out rows, read once at the end')
    .option('--budget <trials>', 'how many configurations to try', integer(1, 100_000), defaults.budget)
    .option('--workers <n>', 'trials at the same time', integer(1, 1_000), defaults.workers)
    .option('--seed <n>', 'the same seed, data and program give the same study', integer(0, 2 ** 31), defaults.seed)
    .addOption(new Option('--sampler <name>', 'who proposes').choices(['tpe', 'random']).default(defaults.sampler))
    .addOption(
      new Option('--teleprompter <name>', 'what is searched')
        .choices(['joint', 'bootstrap-random-search'])
        .default(defaults.teleprompter),
    )
    .addOption(
      new Option('--objectives <names...>', 'what the search makes better; the first decides what is best')
        .choices([...objectiveNames])
        .default([...defaults.objectives]),
    )
    .option('--rows-per-trial <n>', 'validation rows each trial is judged by', integer(1, 1e6), defaults.rowsPerTrial)
    .option('--concurrency <n>', 'rows in flight at once in one worker', integer(1, 10_000), defaults.concurrency)
    .option('--study <id>', 'a name for this study')
    .option('--resume <id>', 'go on with a study that was stopped')
    .option('--json', 'end with one line of JSON on standard output')
    .action(async (program: string | undefined, flags: OptimizeFlags) => {
      finish(await optimize(terminal, program, flags))
    })
}

async function optimize(terminal: Terminal, program: string | undefined, flags: OptimizeFlags): Promise<number> {
  const signal = interruptSignal(terminal)
  const line = progressLine(terminal.stderr)
  const show = jobProgress(line, (text) => void terminal.stderr.write(`${text}\n`))
  let study = flags.resume
  const onEvent = (event: JobEvent) => {
    if (event.type === 'began') study = event.study
    show(event)
  }
  try {
    const result = await optimizeProgram({ ...jobOptions(terminal, program, flags), signal, onEvent })
    line.end()
    const artefact = relative(terminal.cwd, result.artefact)
    if (flags.json) terminal.stdout.write(`${JSON.stringify(result)}\n`)
    else {
      const style = reportStyle(terminal.stdout.isTTY ?? false, terminal.env)
      terminal.stdout.write(`${formatReport(result, tryCommand(artefact), style)}\n`)
    }
    return 0
  } catch (error) {
    line.end()
    if (!signal.aborted) throw error
    const next = study === undefined ? 'nothing had begun' : `go on with: npx mabeam optimize --resume ${study}`
    terminal.stderr.write(`stopped; no finished trial is lost; ${next}\n`)
    return 130
  }
}

function jobOptions(terminal: Terminal, program: string | undefined, flags: OptimizeFlags): JobOptions {
  const common = {
    home: homeFolder(terminal.env, terminal.cwd),
    cwd: terminal.cwd,
    clock: terminal.clock,
    env: terminal.env,
  }
  if (flags.resume !== undefined) {
    if (program !== undefined || flags.data !== undefined || flags.study !== undefined) {
      throw usage('optimize: --resume takes program, data and options from the study; leave the others out')
    }
    return { ...common, resume: flags.resume }
  }
  if (program === undefined)
    throw usage('optimize: expected a program file, got none; for example: optimize program.ts --data rows.jsonl')
  if (flags.data === undefined) throw usage('optimize: --data: expected a .jsonl or .csv file, got nothing')
  return {
    ...common,
    program,
    data: {
      train: flags.data,
      ...(flags.validation !== undefined && { validation: flags.validation }),
      ...(flags.test !== undefined && { test: flags.test }),
    },
    budget: flags.budget,
    workers: flags.workers,
    seed: flags.seed,
    sampler: flags.sampler,
    teleprompter: flags.teleprompter,
    objectives: flags.objectives,
    rowsPerTrial: flags.rowsPerTrial,
    concurrency: flags.concurrency,
    ...(flags.study !== undefined && { study: flags.study }),
  }
}
