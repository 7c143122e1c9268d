/** Our side of `teleprompter-peers`: the programs of `tuned-tasks`, asked through the endpoint that peers ask too. */

import {
  applyConfig,
  type BoundProgram,
  bootstrapFewShot,
  bootstrapRandomSearch,
  createModels,
  evaluate,
  exactMatch,
  labeledFewShot,
  type Models,
  optimize,
  type PlannedTeleprompter,
  type Program,
  type ProgramDefinition,
  type ProgramState,
  planSpace,
} from '@mabeam/dspx'
import { seededRandom } from '@mabeam/foundation'
import { type TunedTask, tunedTasks } from '../programs/tuned-tasks.ts'
import type { OpenedTask, Shown, TuningTool } from './tuning-tools.ts'

/** A task that is open. */
interface Opened {
  readonly given: OpenedTask
  readonly task: TunedTask
  readonly definition: ProgramDefinition
  readonly models: Models
  readonly lm: string
}

type Tuned = (opened: Opened) => Promise<BoundProgram | Program>

/**
 * What DSPy does too. A plan of one point is applied as it is, without the trial on validation rows by which `optimize` guards against a loss, because
 * DSPy makes none.
 */
const teleprompters: { readonly [name: string]: Tuned } = {
  labeled: (opened) => onlyPoint(opened, labeledFewShot()),
  bootstrap: (opened) => onlyPoint(opened, bootstrapFewShot()),
  search: (opened) => searched(opened),
  nearest: async ({ task, given }) => task.nearest(given.train),
}

/** Ours, in this process. */
export function ownTuning(): TuningTool {
  let opened: Opened | undefined
  let program: BoundProgram | Program | undefined
  const current = () => {
    if (opened === undefined) throw new Error('expected a task to be open')
    return opened
  }
  return {
    name: 'mabeam',
    version: 'here',
    async open(given) {
      const task = tunedTasks.find(({ name }) => name === given.task)
      if (task === undefined) throw new Error(`${given.task}: no such task`)
      const models = createModels({ env: { MABEAM_COMPATIBLE_URL: given.url } })
      opened = { given, task, definition: task.definition(task.program()), models, lm: `compatible/${given.model}` }
    },
    async show(shown) {
      program = bound(current(), stateOf(current(), shown))
    },
    async tune(teleprompter) {
      program = await teleprompters[teleprompter]?.(current())
    },
    async score() {
      const { given, task, models, lm } = current()
      if (program === undefined) throw new Error('expected a program')
      const metric = exactMatch(...task.outputs)
      const found =
        'forward' in program
          ? await evaluate(program, given.test, { metric, models, lm })
          : await evaluate(program, given.test)
      return found.accuracy
    },
    async [Symbol.asyncDispose]() {},
  }
}

function bound({ definition, models, lm }: Opened, { settings, predictors }: ProgramState): BoundProgram {
  return definition.bind({ settings: { ...settings, model: lm }, predictors }, { models })
}

function stateOf({ definition }: Opened, shown: Shown): ProgramState {
  const demos = Math.max(...Object.values(shown).map((one) => one.demos.length))
  return { settings: { ...definition.initialState().settings, demos }, predictors: shown }
}

async function onlyPoint(opened: Opened, teleprompter: PlannedTeleprompter): Promise<BoundProgram> {
  const { definition, given, models, lm } = opened
  const initial = definition.initialState()
  const plan = await teleprompter.prepare({
    program: definition,
    train: given.train,
    random: seededRandom(given.seed),
    models,
    teacher: { ...initial, settings: { ...initial.settings, model: lm } },
  })
  return bound(opened, applyConfig(definition, plan, planSpace(definition, plan).defaults))
}

async function searched(opened: Opened): Promise<BoundProgram> {
  const { definition, task, given, models, lm } = opened
  const { train, val, seed } = given
  const { best } = await optimize(task.program(), {
    train,
    val,
    metric: exactMatch(...task.outputs),
    teleprompter: bootstrapRandomSearch(),
    models,
    lm,
    tune: { demos: true },
    seed,
  })
  const { settings, predictors } = best.state()
  return bound(opened, { settings: { ...definition.initialState().settings, ...settings }, predictors })
}
