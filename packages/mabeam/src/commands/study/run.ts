/** `mabeam study run`: a study of a file or a command, new or resumed. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { StopOptions, Study, StudyProgress } from '@mabeam/ml'
import { Command, InvalidArgumentError, Option } from 'commander'
import { noStudyHere, resumableStudy, usage } from '../../errors.ts'
import { homeFolder, newStudyId } from '../../home.ts'
import { progressLine } from '../../report/progress-line.ts'
import { foundAsJson, foundAsText, trialNote } from '../../report/study-found.ts'
import { limitsIn, objectivesIn, readSpace } from '../../study/given-space.ts'
import {
  type RunRequest,
  type RunSettings,
  type RunSource,
  readRunRequest,
  runRequestDefaults,
} from '../../study/run-request.ts'
import { type SamplerChoice, samplerChoices } from '../../study/sampler-choice.ts'
import { loadStudyFile } from '../../study/study-file.ts'
import { type StudyPlace, studyIds, studyPlace } from '../../study/study-place.ts'
import { runStudyAt } from '../../study/study-run.ts'
import { interruptSignal, type Terminal } from '../../terminal.ts'
import { durationMs, integer, number } from '../option-value.ts'

interface RunFlags {
  readonly space?: string
  readonly objectives?: string
  readonly limits?: string
  readonly budget: number
  readonly parallel: number
  readonly sampler: SamplerChoice
  readonly seed: number
  readonly repeats: number
  readonly deterministic?: true
  readonly stopAfter?: number
  readonly stopStagnation?: number
  readonly stopCost?: { readonly name: string; readonly max: number }
  readonly stopGain?: number
  readonly trialTimeout: number
  readonly failuresMax: number
  readonly study?: string
  readonly resume?: string
  readonly json?: true
}

const examples = `
A file's default export is { space, objectives, evaluate, limits?, enqueue? }; defineStudyFile of mabeam types it:
  export default defineStudyFile({ space, objectives: { loss: 'min' }, evaluate: async (config, { seed, signal }) => … })

A command gets the configuration as a line of JSON on standard input, and prints the values as JSON: {"accuracy": 0.9}, or the bare
number of the one objective. {config} and {name of a variable} in its arguments are replaced; MABEAM_TRIAL and MABEAM_SEED are set.
A space is JSON: {"lr": {"type": "float", "min": 0.00001, "max": 1, "log": true}, "layers": {"type": "int", "min": 1, "max": 4},
"act": {"type": "choice", "values": ["relu", "gelu"]}}, or what space.toJSON() gives, or a JSON Schema.

Examples:
  npx mabeam study run tune.ts --budget 200 --parallel 8
  npx mabeam study run --space space.json --objectives accuracy:max,costUsd:min -- node eval.js
  npx mabeam study run --space space.json --objectives loss:min --limits "latencyMs<=500" -- ./train --lr {lr} --layers {layers}
  npx mabeam study run --resume tune-20260102-030405 --budget 400 --stop-after 10m`

export function runCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const defaults = runRequestDefaults
  const dayMs = 86_400_000
  return new Command('run')
    .description('search a space: by a file that measures in this process, or by any command')
    .argument('[file or command...]', 'the file of the study; with --space, after --, the command that measures')
    .option('--space <file>', 'the space as JSON, where a command measures')
    .option(
      '--objectives <list>',
      'of a command: name:max or name:min with commas between; the first decides what is best',
    )
    .option('--limits <list>', 'of a command: hard limits on values, name<=number or name>=number with commas between')
    .option('--budget <trials>', 'finished trials that the study shall have', integer(1, 10_000_000), defaults.budget)
    .option('--parallel <n>', 'trials at once', integer(1, 10_000), defaults.parallel)
    .addOption(new Option('--sampler <name>', 'who proposes').choices([...samplerChoices]).default(defaults.sampler))
    .option('--seed <n>', 'the same seed and history give the same asks', integer(0, 2 ** 31), defaults.seed)
    .option(
      '--repeats <n>',
      'measurements of each configuration; their mean counts',
      integer(1, 1_000),
      defaults.repeats,
    )
    .option('--deterministic', 'with --parallel: asks that do not depend on which trial ends first')
    .option('--stop-after <duration>', 'ask no more after 90s, 10m, 2h', durationMs(365 * dayMs))
    .option('--stop-stagnation <trials>', 'stop after so many trials without a better one', integer(1, 10_000_000))
    .option('--stop-cost <name:max>', 'stop when this value of all trials adds up to so much', costLimit)
    .option('--stop-gain <min>', 'stop when another trial is expected to gain less', number(0, Number.MAX_VALUE))
    .option(
      '--trial-timeout <duration>',
      'a trial that takes longer has failed',
      durationMs(24 * dayMs),
      defaults.trialTimeoutMs,
    )
    .option('--failures-max <n>', 'failed trials that are borne', integer(0, 10_000_000), defaults.failuresMax)
    .option('--study <id>', 'a name for this study, or a folder for it')
    .option('--resume <id>', 'go on with a study that was stopped, or with a higher --budget')
    .option('--json', 'end with one line of JSON on standard output')
    .addHelpText('after', examples)
    .action(async (operands: readonly string[], flags: RunFlags, command: Command) => {
      const given = (name: string) => command.getOptionValueSource(name) === 'cli'
      const home = homeFolder(terminal.env, terminal.cwd)
      const asked = { home, operands, flags, given }
      const planned = flags.resume === undefined ? await begun(terminal, asked) : await resumed(terminal, asked)
      finish(await run(terminal, planned, flags.json === true))
    })
}

function costLimit(text: string): { readonly name: string; readonly max: number } {
  const [, name = '', bound = ''] = /^(.+):([^:]+)$/.exec(text) ?? []
  const max = Number(bound)
  if (name === '' || !(max >= 0)) throw new InvalidArgumentError(`expected name:max, such as costUsd:5, got "${text}"`)
  return { name, max }
}

interface Asked {
  readonly home: string
  readonly operands: readonly string[]
  readonly flags: RunFlags
  /** Whether an option stood on the command line. */
  readonly given: (option: string) => boolean
}

interface Planned {
  readonly place: StudyPlace
  readonly request: RunRequest
  readonly resumed: boolean
}

async function begun({ cwd, clock }: Terminal, { home, operands, flags }: Asked): Promise<Planned> {
  const source = await sourceOf(cwd, operands, flags)
  const subject = source.type === 'file' ? (source.path.split(/[/\\]/).at(-1) ?? '').replace(/\.\w+$/, '') : 'study'
  const request: RunRequest = {
    version: 1,
    cwd,
    source,
    sampler: flags.sampler,
    seed: flags.seed,
    repeats: flags.repeats,
    deterministic: flags.deterministic === true,
    ...settingsOf(flags),
  }
  const place =
    flags.study === undefined
      ? freePlace(home, cwd, newStudyId(subject, clock.nowMs()))
      : studyPlace(home, cwd, flags.study)
  return { place, request, resumed: false }
}

/** An id that nobody chose gets a number where it is taken. */
function freePlace(home: string, cwd: string, id: string): StudyPlace {
  for (let copy = 1; ; copy++) {
    const place = studyPlace(home, cwd, copy === 1 ? id : `${id}-${copy}`)
    if (!existsSync(place.folder)) return place
  }
}

async function sourceOf(cwd: string, operands: readonly string[], flags: RunFlags): Promise<RunSource> {
  const { space, objectives, limits } = flags
  if (space !== undefined) {
    if (objectives === undefined) throw usage('study run: --objectives: expected such as accuracy:max, got nothing')
    if (operands.length === 0)
      throw usage('study run: expected a command behind --, got none; for example: -- node eval.js')
    return {
      type: 'command',
      command: operands,
      space: (await readSpace(space, cwd)).toJSON(),
      objectives: objectivesIn(objectives),
      limits: limits === undefined ? [] : limitsIn(limits),
    }
  }
  const [path, more] = operands
  if (path === undefined) {
    throw usage('study run: expected a file, or --space and a command, got nothing; mabeam study run --help shows both')
  }
  if (more !== undefined) throw usage(`study run: expected one file, got "${more}" too; a command needs --space`)
  const own = objectives === undefined ? (limits === undefined ? undefined : 'limits') : 'objectives'
  if (own !== undefined) throw usage(`study run: --${own} is for commands; a file says its ${own} itself`)
  const { digest } = await loadStudyFile(path, cwd)
  return { type: 'file', path: resolve(cwd, path), digest }
}

/** Options that a study keeps from when it began. */
const fixedOptions = ['space', 'objectives', 'limits', 'sampler', 'seed', 'repeats', 'deterministic', 'study']

async function resumed({ cwd }: Terminal, { home, operands, flags, given }: Asked): Promise<Planned> {
  const fixed = operands.length > 0 ? 'file or command' : fixedOptions.find(given)
  if (fixed !== undefined) {
    throw usage(
      `study run: --resume goes on with the ${fixed} the study began with; leave it out, or start a new study`,
    )
  }
  const place = studyPlace(home, cwd, flags.resume as string)
  if (!existsSync(place.request)) throw noStudyHere(place.name, studyIds(home))
  const before = await readRunRequest(place.request)
  const now = settingsOf(flags)
  const changed = Object.fromEntries(
    Object.entries(now).filter(([name]) => name === 'stops' || given(name.replace(/Ms$/, ''))),
  )
  const stops = { ...before.stops, ...now.stops }
  return { place, request: { ...before, ...changed, stops }, resumed: true }
}

function settingsOf({ budget, parallel, trialTimeout, failuresMax, ...flags }: RunFlags): RunSettings {
  const stops: StopOptions = {
    ...(flags.stopAfter !== undefined && { timeMs: flags.stopAfter }),
    ...(flags.stopStagnation !== undefined && { stagnationTrials: flags.stopStagnation }),
    ...(flags.stopCost && { cost: flags.stopCost }),
    ...(flags.stopGain !== undefined && { expectedGain: { min: flags.stopGain } }),
  }
  return { budget, parallel, stops, trialTimeoutMs: trialTimeout, failuresMax }
}

/** The status of the command: 130 when it was stopped by Ctrl-C. */
async function run(terminal: Terminal, { place, request, resumed }: Planned, json: boolean): Promise<number> {
  const { stdout, stderr, clock, env } = terminal
  const signal = interruptSignal(terminal)
  const line = progressLine(stderr, clock)
  const note = (sentence: string) => {
    line.end()
    stderr.write(`${sentence}\n`)
  }
  const goOn = `npx mabeam study run --resume ${place.name}`
  let began = false
  let failed = 0
  const onBegan = (_: Study, before: number) => {
    began = true
    note(
      `study ${place.name}${before === 0 ? '' : `, going on after ${before} finished ${before === 1 ? 'trial' : 'trials'}`}`,
    )
  }
  const onProgress = (progress: StudyProgress, study: Study) => {
    if (progress.failed > failed) note(failureSentence(study))
    failed = progress.failed
    const { trials: done, budget: total, ratePerSec: perSec, secondsLeft } = progress
    line.update({
      what: 'trial',
      done,
      total,
      perSec,
      note: trialNote(study, progress),
      ...(secondsLeft !== undefined && { secondsLeft }),
    })
  }
  try {
    const found = await runStudyAt(request, { place, clock, env, signal, onBegan, onProgress, note }, resumed)
    line.end()
    stdout.write(`${json ? foundAsJson(found, place) : foundAsText(found, place, terminal)}\n`)
    return 0
  } catch (error) {
    line.end()
    if (error !== signal.reason || !signal.aborted) throw began ? resumableStudy(error, goOn) : error
    const next = began ? `go on with: ${goOn}` : 'nothing had begun'
    stderr.write(`stopped; no finished trial is lost; ${next}\n`)
    return 130
  }
}

function failureSentence({ finished }: Study): string {
  const last = finished.findLast(({ state }) => state === 'failed')
  return `trial ${last?.number} failed: ${last?.error?.message}`
}
