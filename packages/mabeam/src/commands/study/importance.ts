/** `mabeam study importance`: how much each variable of a study matters. */

import { type ImportanceMethod, importancePlot, plotText } from '@mabeam/ml'
import { Command, Option } from 'commander'
import { homeFolder } from '../../home.ts'
import { paperOf } from '../../report/study-found.ts'
import { readStudyAt, studyPlace } from '../../study/study-place.ts'
import type { Terminal } from '../../terminal.ts'

interface ImportanceFlags {
  readonly method: ImportanceMethod
  readonly objective?: string
  readonly json?: true
}

const methods: readonly ImportanceMethod[] = ['fanova', 'permutation', 'ped-anova']

export function importanceCommand(terminal: Terminal, finish: (status: number) => void): Command {
  return new Command('importance')
    .description('show how much each variable of a study matters')
    .argument('<study>', 'its id, its folder or its journal')
    .addOption(
      new Option('--method <name>', 'fanova: over the whole space; permutation: to a model; ped-anova: among the best')
        .choices(methods)
        .default('fanova'),
    )
    .option('--objective <name>', 'for which (default: the first)')
    .option('--json', 'print one line of JSON')
    .action(async (name: string, { method, objective, json }: ImportanceFlags) => {
      const home = homeFolder(terminal.env, terminal.cwd)
      const study = await readStudyAt(studyPlace(home, terminal.cwd, name), home)
      const importance = study.importance({ method, ...(objective !== undefined && { objective }) })
      const shown = objective ?? (study.objectives[0]?.name as string)
      const text = json
        ? JSON.stringify({ version: 1, study: name, objective: shown, method, importance })
        : plotText(importancePlot(importance, { objective: shown }), { ...paperOf(terminal), height: 60 })
      terminal.stdout.write(`${text}\n`)
      finish(0)
    })
}
