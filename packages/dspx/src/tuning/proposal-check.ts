/** What a teleprompter may propose: states of this program that differ only in what is tuned, on rows that exist. */

import { isDeepStrictEqual } from 'node:util'
import { checkState, type ProgramState } from '../programs/program-state.ts'
import { reservedNames } from '../programs/program-variables.ts'
import { invalidProposal } from './errors.ts'
import type { Proposal, TuningContext } from './teleprompter.ts'

/** The most proposals of one batch. */
export const proposalsMax = 1_000

/** Throws `dspx/invalid-proposal` naming what is not allowed; `dspx/invalid-state`. */
export function checkProposals(
  teleprompter: string,
  batch: readonly Proposal[],
  context: Pick<TuningContext, 'program' | 'initial' | 'tunes' | 'candidates'> & {
    readonly rowIds: ReadonlyMap<string, unknown>
  },
): void {
  if (!Array.isArray(batch) || batch.length > proposalsMax) {
    throw invalidProposal(teleprompter, 'batch', `a list of at most ${proposalsMax} proposals`, batch)
  }
  for (const { state, rows, origin } of batch) {
    checkFixedSettings(teleprompter, state, context)
    checkFixedParts(teleprompter, state, context)
    checkRows(teleprompter, rows, context.rowIds)
    const unknown = origin.parents.find((parent: number) => context.candidates[parent] === undefined)
    if (unknown !== undefined) throw invalidProposal(teleprompter, 'origin.parents', 'numbers of candidates', unknown)
  }
}

type Tunable = Pick<TuningContext, 'program' | 'initial' | 'tunes'>

/** A state of the program, whose settings are as they were where they are not tuned. */
function checkFixedSettings(teleprompter: string, state: ProgramState, { program, initial, tunes }: Tunable): void {
  const settings = [...reservedNames, ...Object.keys(program.variables), ...Object.keys(initial.settings)]
  checkState(program.name, state, { predictors: program.predictors, settings })
  for (const name of settings) {
    const isTuned = Object.hasOwn(program.variables, name) || (name === 'demos' && tunes.demos)
    if (isTuned || state.settings[name] === initial.settings[name]) continue
    throw invalidProposal(
      teleprompter,
      `settings.${name}`,
      `${initial.settings[name]}, since it is not tuned`,
      state.settings[name],
    )
  }
}

/** Instructions and demonstrations, which are as they were where they are not tuned. */
function checkFixedParts(teleprompter: string, state: ProgramState, { initial, tunes }: Tunable): void {
  for (const part of ['instructions', 'demos', 'nearest'] as const) {
    if (part === 'instructions' ? tunes.instructions : tunes.demos) continue
    for (const [name, one] of Object.entries(initial.predictors)) {
      if (isDeepStrictEqual(state.predictors[name]?.[part], one[part])) continue
      throw invalidProposal(
        teleprompter,
        `predictors.${name}.${part}`,
        `those of the program, since tune leaves out ${part}`,
        'others',
      )
    }
  }
}

function checkRows(teleprompter: string, rows: Proposal['rows'], known: ReadonlyMap<string, unknown>): void {
  if (rows === 'val') return
  if (!Array.isArray(rows) || rows.length === 0)
    throw invalidProposal(teleprompter, 'rows', "'val' or ids of rows", rows)
  const strange = rows.find((id) => !known.has(id))
  if (strange !== undefined) throw invalidProposal(teleprompter, 'rows', 'ids of rows in train or val', strange)
  if (new Set(rows).size !== rows.length) throw invalidProposal(teleprompter, 'rows', 'each row once', rows)
}
