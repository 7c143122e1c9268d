/** `mabeam study show`: what a study has found, as far as it is written; in words, as plots, as data. */

import {
  contourPlot,
  edfPlot,
  frontPlot,
  historyPlot,
  hypervolumePlot,
  importancePlot,
  type Plot,
  parallelPlot,
  plotText,
  plotVegaLite,
  type Study,
  slicePlot,
  timelinePlot,
} from '@mabeam/ml'
import { Command, Option } from 'commander'
import { usage } from '../../errors.ts'
import { homeFolder } from '../../home.ts'
import { paperOf, studyFound, summaryText } from '../../report/study-found.ts'
import { reportStyle } from '../../report/style.ts'
import { tunedStudyExplanation, tunedStudyText } from '../../report/tuned-study-text.ts'
import { readStudyAt, studyPlace } from '../../study/study-place.ts'
import { isTunedStudy, readTunedStudy, type TunedStudy } from '../../study/tuned-study.ts'
import type { Terminal } from '../../terminal.ts'

interface ShowFlags {
  readonly plot?: PlotName
  readonly objective?: string
  readonly variables?: string
  readonly log?: true
  readonly explain?: true
  readonly json?: true
  readonly vega?: true
}

const examples = `
Examples:
  npx mabeam study show tune-20260102-030405                 best with interval, front, importance, history
  npx mabeam study show tune-20260102-030405 --explain       the same in sentences: how it searched, what is tied, what was not explored
  npx mabeam study show tune-20260102-030405 --plot contour --variables lr,layers
  npx mabeam study show tune-20260102-030405 --plot front --vega > front.vl.json
  npx mabeam study show results/journal.jsonl --json         a journal that a program of yours writes
  npx mabeam study show triage-20260102-030405               a program that gepa, beacon, … tune: best, front and history of its candidates`

export function showCommand(terminal: Terminal, finish: (status: number) => void): Command {
  return new Command('show')
    .description('show what a study has found, also while it runs')
    .argument('<study>', 'its id, its folder or its journal')
    .addOption(new Option('--plot <name>', 'one plot').choices(Object.keys(plots)))
    .option('--objective <name>', 'of a plot (default: the first)')
    .option('--variables <names>', 'of the plots contour, slice and parallel, with commas between')
    .option('--log', 'of the plots history, slice, contour and edf: the objective in logarithms')
    .option('--explain', 'what was found, and how, in sentences')
    .option('--json', 'print one line of JSON: what was found, or the data of the plot')
    .option('--vega', 'print the plot as a specification of Vega-Lite')
    .addHelpText('after', examples)
    .action(async (name: string, flags: ShowFlags) => {
      const home = homeFolder(terminal.env, terminal.cwd)
      const place = studyPlace(home, terminal.cwd, name)
      checkFlags(flags)
      if (flags.plot === undefined && (await isTunedStudy(place))) {
        terminal.stdout.write(`${tuned(await readTunedStudy(place), flags)}\n`)
        return finish(0)
      }
      const study = await readStudyAt(place, home)
      terminal.stdout.write(`${flags.plot ? plotOf(study, flags, terminal) : shown(study, flags)}\n`)
      finish(0)

      function tuned(study: TunedStudy, { explain, json }: ShowFlags): string {
        if (json) return JSON.stringify(study)
        const style = reportStyle(terminal.stdout, terminal.env)
        return explain ? tunedStudyExplanation(study) : tunedStudyText(study, style)
      }

      function shown(study: Study, { explain, json }: ShowFlags): string {
        if (json)
          return JSON.stringify({ ...studyFound(study, place), ...(explain && { explanation: study.explain().text }) })
        return explain ? study.explain().text : summaryText(study, terminal)
      }
    })
}

type PlotName = keyof typeof plots

/** What the flags say of a plot. */
interface PlotFlags {
  readonly objective: { readonly objective?: string; readonly log?: boolean }
  readonly variables: readonly string[] | undefined
}

const plots = {
  history: (study: Study, { objective }: PlotFlags): Plot => historyPlot(study, objective),
  hypervolume: (study: Study): Plot => hypervolumePlot(study),
  front: (study: Study): Plot => frontPlot(study, { expected: study.front() }),
  parallel: (study: Study, { objective: { objective }, variables }: PlotFlags): Plot =>
    parallelPlot(study, { ...(objective !== undefined && { objective }), ...(variables && { variables }) }),
  importance: (study: Study, { objective: { objective } }: PlotFlags): Plot =>
    importancePlot(study.importance(objective === undefined ? {} : { objective }), {
      objective: objective ?? (study.objectives[0]?.name as string),
    }),
  slice: (study: Study, { objective, variables }: PlotFlags): Plot =>
    slicePlot(study, { ...objective, ...(variables && { variables }) }),
  contour: (study: Study, { objective, variables }: PlotFlags): Plot => {
    const [x, y] = variables ?? []
    return contourPlot(study, { ...objective, ...(x !== undefined && { x }), ...(y !== undefined && { y }) })
  },
  edf: (study: Study, { objective }: PlotFlags): Plot => edfPlot(study, objective),
  timeline: (study: Study): Plot => timelinePlot(study),
}

/** Options that each plot takes; of the others it would have to ignore them. */
const plotOptions: { readonly [name in PlotName]: readonly (keyof ShowFlags)[] } = {
  history: ['objective', 'log'],
  hypervolume: [],
  front: [],
  parallel: ['objective', 'variables'],
  importance: ['objective'],
  slice: ['objective', 'variables', 'log'],
  contour: ['objective', 'variables', 'log'],
  edf: ['objective', 'log'],
  timeline: [],
}

function checkFlags(flags: ShowFlags): void {
  const { plot } = flags
  for (const option of ['objective', 'variables', 'log', 'vega'] as const) {
    if (flags[option] === undefined) continue
    if (plot === undefined) throw usage(`study show: --${option} is of a plot; say which by --plot`)
    if (option !== 'vega' && !plotOptions[plot].includes(option)) {
      throw usage(`study show: the plot ${plot} takes no --${option}`)
    }
  }
  if (flags.vega && flags.json) throw usage('study show: expected one of --vega and --json, got both')
  if (plot && flags.explain) throw usage('study show: expected one of --plot and --explain, got both')
}

function plotOf(study: Study, flags: ShowFlags, terminal: Terminal): string {
  const { plot: name, objective, log, variables } = flags
  const plot = plots[name as PlotName](study, {
    objective: { ...(objective !== undefined && { objective }), ...(log && { log }) },
    variables: variables?.split(',').map((one) => one.trim()),
  })
  if (flags.vega) return JSON.stringify(plotVegaLite(plot))
  return flags.json ? JSON.stringify(plot) : plotText(plot, paperOf(terminal))
}
