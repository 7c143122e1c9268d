/** States with other instructions and demonstrations, within what may be tuned. */

import { mostDemosShown, type ProgramState, withDemosAtMost } from '../../programs/program-state.ts'
import type { Demo } from '../../signatures/signature.ts'
import type { TuningContext } from '../teleprompter.ts'

/** What is replaced, by predictor. */
export interface ProgramChange {
  readonly instructions?: { readonly [predictor: string]: string }
  readonly demos?: { readonly [predictor: string]: readonly Demo[] }
  /** The predictors whose `demos` are a pool, and how many of it each question is shown. */
  readonly nearest?: { readonly [predictor: string]: number }
}

type Tunable = Pick<TuningContext, 'program' | 'initial' | 'tunes'>

/**
 * A state with a change. Parts that `tunes` forbids stay. All demonstrations of the new state are shown, but for those beyond the
 * most that the program may show, which are left out.
 */
export function changed(tuned: Tunable, state: ProgramState, change: ProgramChange): ProgramState {
  const { program, tunes } = tuned
  const { demos: variable } = program.variables
  const most = demosAllowed(tuned)
  const least = variable?.type === 'int' ? variable.min : 0
  const shown = Number(state.settings.demos ?? Number.POSITIVE_INFINITY)
  const changesDemos = tunes.demos && change.demos !== undefined
  const predictors = Object.fromEntries(
    Object.entries(state.predictors).map(([name, one]) => {
      const instructions = (tunes.instructions ? change.instructions?.[name] : undefined) ?? one.instructions
      if (!changesDemos) return [name, { ...one, instructions }]
      const demos = change.demos?.[name]
      if (demos === undefined) return [name, withDemosAtMost({ ...one, instructions }, shown)]
      const nearest = change.nearest?.[name]
      return [name, withDemosAtMost({ instructions, demos, ...(nearest !== undefined && { nearest }) }, most)]
    }),
  )
  if (!changesDemos) return { settings: state.settings, predictors }
  const longest = Math.max(least, mostDemosShown(predictors))
  return { settings: { ...state.settings, demos: longest }, predictors }
}

/** The most demonstrations that a predictor may show. */
export function demosAllowed({ program }: Pick<Tunable, 'program'>): number {
  const { demos } = program.variables
  return demos?.type === 'int' ? demos.max : Number.POSITIVE_INFINITY
}

/** A state that a plan made, with what may not be tuned as it is in the program as given. */
export function withinTunes({ program, initial, tunes }: Tunable, state: ProgramState): ProgramState {
  const isFree = (name: string) => Object.hasOwn(program.variables, name) || (name === 'demos' && tunes.demos)
  const fixed = Object.entries(initial.settings).filter(([name]) => !isFree(name))
  const own = Object.entries(state.settings).filter(([name]) => isFree(name))
  const predictors = Object.entries(state.predictors).map(([name, one]) => {
    const given = initial.predictors[name] ?? one
    const instructions = tunes.instructions ? one.instructions : given.instructions
    return [name, { ...(tunes.demos ? one : given), instructions }]
  })
  return { settings: Object.fromEntries([...fixed, ...own]), predictors: Object.fromEntries(predictors) }
}
