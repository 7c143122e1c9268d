/** What differs between two artefacts: what tuning has changed, or what changed between two of them. */

import { isDeepStrictEqual } from 'node:util'
import type { Json } from '@mabeam/foundation'
import { canonicalJson } from '../canonical-json.ts'
import type { Demo } from '../signatures/signature.ts'
import type { Artefact } from './artefact.ts'
import { checkArtefact } from './artefact-check.ts'
import { type ArtefactPredictor, type ArtefactSignature, fieldDifference } from './artefact-shape.ts'

/** A value that is another, or only in one of both. */
export interface ValueChange {
  readonly name: string
  /** Absent where there was none. */
  readonly before?: Json
  readonly after?: Json
}

/** What is another about one predictor. */
export interface PredictorChange {
  readonly predictor: string
  /** In both, or in one of them alone. */
  readonly presence: 'both' | 'added' | 'removed'
  readonly instructions?: { readonly before: string; readonly after: string }
  readonly demosAdded: readonly Demo[]
  readonly demosRemoved: readonly Demo[]
  /** Whether those in both stand in another order. */
  readonly demosMoved: boolean
  /** How many of a pool questions are shown, where that changed; null where all demonstrations are. */
  readonly nearest?: { readonly before: number | null; readonly after: number | null }
  /** The first field that is another, in words: then the state of one cannot be loaded for the other. */
  readonly field?: string
}

/** Plain JSON. `a` is before, `b` is after. */
export interface ArtefactDiff {
  /** Whether both would run alike: the same settings and predictors. */
  readonly same: boolean
  readonly program?: { readonly before: string; readonly after: string }
  readonly settings: readonly ValueChange[]
  /** Only those that changed. */
  readonly predictors: readonly PredictorChange[]
  /** Whether `b` was tuned from `a`, by its lineage. */
  readonly isChild: boolean
  /** In plain words, a line each. */
  readonly text: string
}

/**
 * What differs between two artefacts. Pure.
 *
 * @example diffArtefacts(await loadArtefact('monday.json'), await loadArtefact('tuesday.json')).text
 */
export function diffArtefacts(a: Artefact, b: Artefact): ArtefactDiff {
  checkArtefact('diffArtefacts', 'a', a)
  checkArtefact('diffArtefacts', 'b', b)
  const settings = settingChanges(a.state.settings, b.state.settings)
  const names = new Set([...Object.keys(a.state.predictors), ...Object.keys(b.state.predictors)])
  const predictors = [...names].flatMap((name) => predictorChange(name, a, b) ?? [])
  const program =
    a.program.name === b.program.name ? {} : { program: { before: a.program.name, after: b.program.name } }
  const same = settings.length === 0 && predictors.length === 0
  const isChild = b.lineage.parent === a.digest
  const diff = { same, ...program, settings, predictors, isChild }
  return { ...diff, text: diffText(diff) }
}

function settingChanges(before: Artefact['state']['settings'], after: Artefact['state']['settings']): ValueChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (isDeepStrictEqual(was, is)) return []
    return [{ name, ...(was !== undefined && { before: was as Json }), ...(is !== undefined && { after: is as Json }) }]
  })
}

function predictorChange(predictor: string, a: Artefact, b: Artefact): PredictorChange | undefined {
  const [was, is] = [a.state.predictors[predictor], b.state.predictors[predictor]]
  const presence = was === undefined ? 'added' : is === undefined ? 'removed' : 'both'
  const [before, after] = [was ?? nothing, is ?? nothing]
  const rewritten = presence === 'both' && before.instructions !== after.instructions
  const field =
    presence === 'both' ? changedField(a.program.predictors[predictor], b.program.predictors[predictor]) : undefined
  const change = {
    predictor,
    presence,
    ...(rewritten && { instructions: { before: before.instructions, after: after.instructions } }),
    ...demoChanges(before.demos, after.demos),
    ...(before.nearest !== after.nearest && {
      nearest: { before: before.nearest ?? null, after: after.nearest ?? null },
    }),
    ...(field !== undefined && { field }),
  } as const
  const { demosAdded, demosRemoved, demosMoved } = change
  const isSame = presence === 'both' && !rewritten && field === undefined && before.nearest === after.nearest
  return isSame && demosAdded.length + demosRemoved.length === 0 && !demosMoved ? undefined : change
}

const nothing: ArtefactPredictor = { instructions: '', demos: [] }

function changedField(was: ArtefactSignature | undefined, is: ArtefactSignature | undefined): string | undefined {
  return was === undefined || is === undefined ? undefined : fieldDifference(was, is)
}

function demoChanges(before: readonly Demo[], after: readonly Demo[]) {
  const keyOf = (demo: Demo) => canonicalJson(demo as unknown as Json)
  const [was, is] = [before.map(keyOf), after.map(keyOf)]
  const [had, has] = [new Set(was), new Set(is)]
  const kept = (keys: readonly string[], in_: ReadonlySet<string>) => keys.filter((key) => in_.has(key))
  return {
    demosAdded: after.filter((_, i) => !had.has(is[i] as string)),
    demosRemoved: before.filter((_, i) => !has.has(was[i] as string)),
    demosMoved: !isDeepStrictEqual(kept(was, has), kept(is, had)),
  }
}

function diffText({ same, program, settings, predictors, isChild }: Omit<ArtefactDiff, 'text'>): string {
  const lines = [
    ...(program ? [`program: ${program.before} then, ${program.after} now`] : []),
    ...settings.map(({ name, before, after }) => `${name}: ${said(before)} then, ${said(after)} now`),
    ...predictors.flatMap(predictorLines),
    ...(isChild ? ['the second was tuned from the first'] : []),
  ]
  return same && lines.length === 0 ? 'both run alike' : lines.join('\n')
}

function predictorLines(change: PredictorChange): string[] {
  const { predictor, presence, instructions, demosAdded, demosRemoved, demosMoved, nearest, field } = change
  if (presence !== 'both') return [`${predictor}: ${presence}`]
  const counts = [
    ...(demosAdded.length > 0 ? [`${demosAdded.length} added`] : []),
    ...(demosRemoved.length > 0 ? [`${demosRemoved.length} removed`] : []),
    ...(demosMoved ? ['others in another order'] : []),
    ...(nearest ? [`${shownText(nearest.before)} shown then, ${shownText(nearest.after)} now`] : []),
  ]
  return [
    ...(field ? [`${predictor}: another field ${field}`] : []),
    ...(instructions
      ? [`${predictor}: instructions rewritten\n- ${instructions.before}\n+ ${instructions.after}`]
      : []),
    ...(counts.length > 0 ? [`${predictor}: demonstrations: ${counts.join(', ')}`] : []),
  ]
}

function shownText(nearest: number | null): string {
  return nearest === null ? 'all' : `the ${nearest} nearest`
}

function said(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
