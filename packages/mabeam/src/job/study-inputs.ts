/** What a study is made of: the program and its rows, with digests, so that a resumed study knows that nothing changed. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { type Example, loadDataset, type Program, sampleExamples, splitDataset } from '@mabeam/dspx'
import { type Json, seededRandom } from '@mabeam/foundation'
import { dataChanged, tooFewRows } from '../errors.ts'
import { loadProgramFile } from '../program-file.ts'

/** Files of rows. Without `validation` or `test` the missing parts are split off `train`. */
export interface DataFiles {
  readonly train: string
  readonly validation?: string
  readonly test?: string
}

/** Rows by their use; no row is in two of them. */
export interface Splits {
  readonly train: readonly Example[]
  readonly validation: readonly Example[]
  /** The part of validation that every trial is judged by. */
  readonly search: readonly Example[]
  readonly test: readonly Example[]
}

export interface StudyInputs {
  readonly programPath: string
  readonly program: Program
  readonly splits: Splits
  /** How the rows were divided, in one sentence. */
  readonly splitNote: string
  /** SHA-256 by path of every file that scores depend on. */
  readonly digests: { readonly [path: string]: string }
}

/** How rows are divided. */
export interface SplitRequest {
  readonly cwd: string
  readonly seed: number
  readonly rowsPerTrial: number
}

/** The least rows that each part needs to say anything. */
const rowsMin = { train: 10, validation: 10, test: 10 } as const

/**
 * Loads program and rows. Paths are taken from `cwd`.
 *
 * Throws: the errors of `loadProgramFile` and `loadDataset`, `mabeam/too-few-rows`.
 */
export async function loadStudyInputs(programPath: string, data: DataFiles, run: SplitRequest): Promise<StudyInputs> {
  const at = (path: string) => resolve(run.cwd, path)
  const program = await loadProgramFile(at(programPath))
  const load = async (path: string) => {
    const options = { signature: program.signature, required: program.metric.fields ?? [] }
    return (await loadDataset(displayPath(at(path), run.cwd), options)).examples
  }
  const given = {
    train: await load(data.train),
    ...(data.validation !== undefined && { validation: await load(data.validation) }),
    ...(data.test !== undefined && { test: await load(data.test) }),
  }
  const strata = program.metric.fields?.[0] === undefined ? {} : { stratifyBy: program.metric.fields[0] }
  const { parts, note } = divide(given, { seed: run.seed, ...strata })
  const random = seededRandom(run.seed).fork('search-rows')
  const splits = { ...parts, search: sampleExamples(parts.validation, run.rowsPerTrial, { random, ...strata }) }
  for (const part of ['train', 'validation', 'test'] as const) {
    if (splits[part].length < rowsMin[part]) throw tooFewRows(`${part} split`, rowsMin[part], splits[part].length)
  }
  const paths = [programPath, ...Object.values(data)]
  const digests = Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await digestOf(at(path))])))
  return { programPath: at(programPath), program, splits, splitNote: note, digests }
}

/** Throws `mabeam/data-changed` when a file is not what it was when the study began. */
export function checkDigests(study: string, before: Json, now: StudyInputs['digests']): void {
  const recorded = (before ?? {}) as { readonly [path: string]: Json }
  for (const [path, digest] of Object.entries(now)) if (recorded[path] !== digest) throw dataChanged(path, study)
}

/** A path as people would type it: relative where that is shorter. */
function displayPath(absolute: string, cwd: string): string {
  const near = relative(cwd, absolute)
  return near !== '' && near.length < absolute.length ? near : absolute
}

type Given = { readonly train: readonly Example[]; validation?: readonly Example[]; test?: readonly Example[] }

/** Splits off what is missing: half for training where both are, two thirds where one is. */
function divide(given: Given, options: { seed: number; stratifyBy?: string }) {
  const { train, validation, test } = given
  if (validation && test) return { parts: { train, validation, test }, note: 'train, validation and test as given' }
  const shares = {
    train: validation || test ? 2 / 3 : 1 / 2,
    validation: validation ? 0 : test ? 1 / 3 : 1 / 4,
    test: test ? 0 : validation ? 1 / 3 : 1 / 4,
  }
  const dealt = splitDataset(train, { ...shares, ...options })
  const parts = { train: dealt.train, validation: validation ?? dealt.validation, test: test ?? dealt.test }
  const cut = [!validation && 'validation', !test && 'test'].filter(Boolean).join(' and ')
  return { parts, note: `${cut} split off the training rows by seed ${options.seed}, stratified` }
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
