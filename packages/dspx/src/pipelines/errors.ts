/** The errors of pipelines: one factory a code, one grammar `pipeline NAME: what: expected …, got …`. */

import { isMabeamError, MabeamError, messageOf, show } from '@mabeam/foundation'
import { withData } from '../error-data.ts'
import type { ItemFailure } from './stage.ts'

/** Which item of which stage. */
export interface ItemPlace {
  readonly pipeline: string
  readonly stage: string
  /** From 0, in the order in which the stage was given them. */
  readonly index: number
}

/** What the function of a stage threw: an error of ours keeps its code and words, and has the place as `item` among its data. */
export function itemFailed(place: ItemPlace, thrown: unknown): MabeamError {
  if (isMabeamError(thrown)) return withData(thrown, { item: { ...place } })
  return new MabeamError('dspx/pipeline-item-failed', `${at(place)}: ${messageOf(thrown)}`, {
    data: { ...place },
    cause: thrown,
  })
}

/** The function of a stage took too long. */
export function itemTimeout(place: ItemPlace, timeoutMs: number): MabeamError {
  return new MabeamError('dspx/pipeline-item-timeout', `${at(place)}: expected an end within ${timeoutMs} ms`, {
    data: { ...place, timeoutMs },
    retryable: true,
  })
}

/** What `flatMap` was given for an item cannot be iterated. */
export function itemNotIterable(place: ItemPlace, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/pipeline-item-not-iterable',
    `${at(place)}: expected an iterable that is no text, got ${show(got)}`,
    { data: { ...place, got: show(got) } },
  )
}

/** More items of a stage failed than are borne; the first of them are told in `data.failures`. */
export function tooManyFailures(
  place: ItemPlace,
  { failuresMax, failures }: { readonly failuresMax: number; readonly failures: readonly ItemFailure[] },
  cause: unknown,
): MabeamError {
  return new MabeamError(
    'dspx/pipeline-too-many-failures',
    `${at(place)}: expected at most ${failuresMax} items to fail, got one more: ${messageOf(cause)}`,
    { data: { ...place, failuresMax, failures: failures.map((one) => ({ ...one })) }, cause },
  )
}

/** The source threw, or gave what cannot be iterated. */
export function sourceFailed(pipeline: string, thrown: unknown): MabeamError {
  if (isMabeamError(thrown)) return thrown
  return new MabeamError('dspx/pipeline-source-failed', `pipeline ${pipeline}: source: ${messageOf(thrown)}`, {
    data: { pipeline },
    cause: thrown,
  })
}

/** More items came out than `collect` may keep. */
export function tooManyItems(pipeline: string, max: number): MabeamError {
  return new MabeamError(
    'dspx/pipeline-too-many-items',
    `pipeline ${pipeline}: expected at most ${max} items, got more`,
    {
      data: { pipeline, max },
    },
  )
}

function at({ pipeline, stage, index }: ItemPlace): string {
  return `pipeline ${pipeline}: ${stage}: item ${index}`
}
