/** `mabeam optimize`: tunes a program on data and shows what it gained on rows that tuning never saw. */

import { relative } from 'node:path'
import type { KnownObjective, TuningBudget } from '@mabeam/dspx'
import { Command, InvalidArgumentError, Option } from 'commander'
import { resumable, usage } from '../errors.ts'
import { homeFolder } from '../home.ts'
import type { JobEvent } from '../job/job-event.ts'
import {
  type JobOptions,
  objectiveNames,
  optimizeProgramDefaults,
  type StudyRequest,
  type StudySampler,
  studySamplers,
} from '../job/job-options.ts'
import {
  offeredTeleprompter,
  type TeleprompterName,
  type TeleprompterOption,
  teleprompterNames,
} from '../job/offered-teleprompters.ts'
import { optimizeProgram } from '../job/optimize-program.ts'
import { type ModelCallFlags, withModelCallFlags } from '../model-calls.ts'
import { picked } from '../picked.ts'
import { jobProgress } from '../report/job-progress.ts'
import { progressLine } from '../report/progress-line.ts'
import { reportStyle } from '../report/style.ts'
import { formatReport, tryCommand } from '../report/tables.ts'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { durationMs, integer, number } from './option-value.ts'

interface OptimizeFlags extends ModelCallFlags {
  readonly data?: string
  readonly validation?: string
  readonly test?: string
  readonly budget?: number
  readonly calls?: number
  readonly tokens?: number
  readonly usd?: number
  readonly time?: number
  readonly workers: number
  readonly seed: number
  readonly sampler?: StudySampler
  readonly teleprompter: TeleprompterName
  readonly proposer?: string
  readonly objectives: Required<StudyRequest>['objectives']
  readonly rowsPerTrial?: number
  readonly concurrency: number
  readonly study?: string
  readonly resume?: string
  readonly explain?: true
  readonly json?: true
}

export function optimizeCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const defaults = optimizeProgramDefaults
  const command = new Command('optimize')
    .description('tune a program on data; show what it gained on held-out rows; save the tuned program')
    .argument('[program.ts]', 'the file whose default export is the program')
    .option('--data <file>', 'rows to learn from, .jsonl, .csv or .parquet; split where no other file is given')
    .option('--validation <file>', 'rows that candidates are judged by')
    .option('--test <file>', 'held-out rows, read once at the end')
    .addOption(
      new Option(
        '--teleprompter <name>',
        'what proposes: joint searches instructions, demonstrations and settings at once',
      )
        .choices(teleprompterNames)
        .default(defaults.teleprompter),
    )
    .option(
      '--budget <n>',
      `how many candidates to try${only('budget')} (default: ${defaults.budget} of joint)`,
      integer(1, 100_000),
    )
    .option('--calls <n>', 'model calls that tuning may make; those of the test rows come on top', integer(1, 1e9))
    .option('--tokens <n>', 'tokens in and out that tuning may take', integer(1, 1e12))
    .option('--usd <dollars>', 'what tuning may cost, where prices are known', number(0, 1e9))
    .option('--time <duration>', 'how long tuning may take, such as 90s, 15m, 2h', durationMs(365 * 86_400_000))
    .option('--workers <n>', 'actors that try rows, each supervised', integer(1, 1_000), defaults.workers)
    .option(
      '--seed <n>',
      'the same seed, data and program give the same result, as far as the models do',
      integer(0, 2 ** 31),
      defaults.seed,
    )
    .addOption(
      new Option(
        '--sampler <name>',
        `who chooses configurations${only('sampler')} (default: ${defaults.sampler} of joint)`,
      ).choices([...studySamplers]),
    )
    .option(
      '--proposer <model>',
      `a model that writes instructions${only('proposer')} (default: none, they are drawn from the rows)`,
    )
    .addOption(
      new Option(
        '--objectives <names>',
        `what the search makes better, with commas between; the first decides what is best (of ${objectiveNames.join(', ')})`,
      )
        .argParser(objectiveList)
        .default([...defaults.objectives], defaults.objectives.join()),
    )
    .option(
      '--rows-per-trial <n>',
      `validation rows each configuration is tried on; the best are tried on all${only('rowsPerTrial')} (default: ${defaults.rowsPerTrial})`,
      integer(1, 1e6),
    )
    .option('--concurrency <n>', 'rows in flight at once in one worker', integer(1, 10_000), defaults.concurrency)
    .option('--study <id>', 'a name for this study')
    .option('--resume <id>', 'go on with a study that was stopped, or with a higher budget')
    .option('--explain', 'show every candidate, and why it was kept or not')
    .option('--json', 'end with one line of JSON on standard output')
  return withModelCallFlags(command).action(
    async (program: string | undefined, flags: OptimizeFlags, command: Command) => {
      const given = (name: string) => command.getOptionValueSource(name) === 'cli'
      finish(await optimize(terminal, jobOptions(terminal, { program, flags, given }), flags))
    },
  )
}

/** Which teleprompters take an option, where not all do. */
function only(option: TeleprompterOption): string {
  return ` (${teleprompterNames.filter((name) => offeredTeleprompter(name).takes.includes(option)).join(', ')})`
}

function objectiveList(text: string): readonly KnownObjective[] {
  return text.split(',').map((name) => {
    const known = objectiveNames.find((one) => one === name.trim())
    if (!known) throw new InvalidArgumentError(`expected some of ${objectiveNames.join(', ')}, got "${name}"`)
    return known
  })
}

async function optimize(terminal: Terminal, options: JobOptions, flags: OptimizeFlags): Promise<number> {
  const signal = interruptSignal(terminal)
  const line = progressLine(terminal.stderr, terminal.clock)
  const show = jobProgress(line, (text) => void terminal.stderr.write(`${text}\n`))
  let study: string | undefined
  const onEvent = (event: JobEvent) => {
    if (event.type === 'began') study = event.study
    show(event)
  }
  try {
    const result = await optimizeProgram({ ...options, signal, onEvent })
    line.end()
    const style = reportStyle(terminal.stdout, terminal.env)
    const near = (path: string) => relative(terminal.cwd, path)
    const [artefact, predictions, report] = [result.artefact, result.predictions, result.report].map(near) as [
      string,
      string,
      string,
    ]
    const shown = { ...result, artefact, predictions, report }
    const how = { ...style, isWhole: flags.explain === true }
    const text = flags.json ? JSON.stringify(result) : formatReport(shown, tryCommand(artefact), how)
    terminal.stdout.write(`${text}\n`)
    return 0
  } catch (error) {
    line.end()
    if (error !== signal.reason) throw study === undefined ? error : resumable(error, study)
    const next = study === undefined ? 'nothing had begun' : `go on with: npx mabeam optimize --resume ${study}`
    terminal.stderr.write(`stopped; no answer is lost; ${next}\n`)
    return 130
  }
}

interface CommandLine {
  readonly program: string | undefined
  readonly flags: OptimizeFlags
  /** Whether an option stood on the command line. */
  readonly given: (option: string) => boolean
}

/** Options that a study keeps from when it began. */
const fixedOptions = [
  'data',
  'validation',
  'test',
  'seed',
  'sampler',
  'teleprompter',
  'proposer',
  'objectives',
  'rowsPerTrial',
  'study',
]

function jobOptions(terminal: Terminal, { program, flags, given }: CommandLine): JobOptions {
  const patience = (['timeoutMs', 'retries', 'maxOutputTokens'] as const).filter(given)
  const common = {
    home: homeFolder(terminal.env, terminal.cwd),
    cwd: terminal.cwd,
    clock: terminal.clock,
    env: terminal.env,
    ...(patience.length > 0 && { calls: picked(flags, patience) }),
  }
  if (flags.resume !== undefined) {
    const fixed = program === undefined ? fixedOptions.find(given) : 'program'
    if (fixed !== undefined) {
      throw usage(
        `optimize: --resume goes on with the ${fixed} the study began with; leave it out, or start a new study`,
      )
    }
    return {
      ...common,
      resume: flags.resume,
      ...picked(flags, ['budget']),
      limits: limitsOf(flags),
      ...(given('workers') && { workers: flags.workers }),
      ...(given('concurrency') && { concurrency: flags.concurrency }),
    }
  }
  if (program === undefined)
    throw usage('optimize: expected a program file, got none; for example: optimize program.ts --data rows.jsonl')
  if (flags.data === undefined) throw usage('optimize: --data: expected a .jsonl, .csv or .parquet file, got nothing')
  return {
    ...common,
    program,
    data: {
      train: flags.data,
      ...(flags.validation !== undefined && { validation: flags.validation }),
      ...(flags.test !== undefined && { test: flags.test }),
    },
    ...picked(flags, ['budget', 'sampler', 'proposer', 'rowsPerTrial']),
    limits: limitsOf(flags),
    workers: flags.workers,
    seed: flags.seed,
    teleprompter: flags.teleprompter,
    objectives: flags.objectives,
    concurrency: flags.concurrency,
    ...(flags.study !== undefined && { study: flags.study }),
  }
}

function limitsOf(flags: OptimizeFlags): TuningBudget {
  return { ...picked(flags, ['calls', 'tokens', 'usd']), ...(flags.time !== undefined && { ms: flags.time }) }
}
