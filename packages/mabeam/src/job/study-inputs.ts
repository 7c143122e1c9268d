/** What a study is made of: the program and its rows, with digests, so that a resumed study knows that nothing changed. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, relative, resolve } from 'node:path'
import { type Example, inputsKey, loadDataset, type ProgramDefinition, signatureJson, splitDataset } from '@mabeam/dspx'
import { dataChanged, tooFewRows } from '../errors.ts'
import { loadProgramFile } from '../program-file.ts'

/** Files of rows. Without `validation` or `test` the missing parts are split off `train`. */
export interface DataFiles {
  readonly train: string
  readonly validation?: string
  readonly test?: string
}

/** Rows by their use; no row is in two of them, and no id. */
export interface Splits {
  readonly train: readonly Example[]
  /** What candidates are judged by. */
  readonly validation: readonly Example[]
  readonly test: readonly Example[]
}

export interface StudyInputs {
  readonly programPath: string
  readonly program: ProgramDefinition
  readonly splits: Splits
  /** How the rows were divided, in one sentence. */
  readonly splitNote: string
  /** SHA-256 of the program's file, of the program as it was loaded, and of every file of rows. */
  readonly digests: { readonly [what: string]: string }
}

/** How rows are divided. */
export interface SplitRequest {
  readonly cwd: string
  readonly seed: number
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
    return (await loadDataset(displayPath(at(path)), options)).examples
  }
  const given = toldApart(data, {
    train: await load(data.train),
    ...(data.validation !== undefined && { validation: await load(data.validation) }),
    ...(data.test !== undefined && { test: await load(data.test) }),
  })
  const strata = program.metric.fields?.[0] === undefined ? {} : { stratifyBy: program.metric.fields[0] }
  const divided = divide(given, { seed: run.seed, ...strata })
  const { parts: splits, dropped } = withoutLeaks(divided.parts)
  const note = dropped === 0 ? divided.note : `${divided.note}; ${leakNote(dropped)}`
  for (const part of ['train', 'validation', 'test'] as const) {
    const [least, got] = [rowsMin[part], splits[part].length]
    if (got >= least) continue
    // a part without a file of its own was split off the training rows
    throw tooFewRows({
      path: data[part] ?? data.train,
      rows: (given[part] ?? given.train).length,
      part,
      least,
      got,
      note: dropped > 0 ? leakNote(dropped) : '',
    })
  }
  const paths = [programPath, ...Object.values(data)]
  const files = await Promise.all(paths.map(async (path) => [path, sha256(await readFile(at(path)))]))
  const digests = { ...Object.fromEntries(files), [`${programPath} as loaded`]: programDigest(program) }
  return { programPath: at(programPath), program, splits, splitNote: note, digests }
}

/** Throws `mabeam/data-changed` when a file is not what it was when the study began. */
export function checkDigests(study: string, before: StudyInputs['digests'], now: StudyInputs['digests']): void {
  for (const [what, digest] of Object.entries(now)) if (before[what] !== digest) throw dataChanged(what, study)
}

/** A path as people would type it in this process, which need not be where the study was begun: relative where that is shorter. */
function displayPath(absolute: string): string {
  const near = relative(process.cwd(), absolute)
  return near !== '' && near.length < absolute.length ? near : absolute
}

interface Given {
  readonly train: readonly Example[]
  readonly validation?: readonly Example[]
  readonly test?: readonly Example[]
}

/**
 * Ids are the name of a file and a line, and files of two folders may share their name: then the rows of the later one are also named
 * by what they are for. Workers know rows by their ids alone.
 */
function toldApart(data: DataFiles, given: Given): Given {
  const names = new Set([basename(data.train)])
  const apart: { -readonly [part in keyof Given]: Given[part] } = { ...given }
  for (const part of ['validation', 'test'] as const) {
    const [rows, path] = [given[part], data[part]]
    if (rows === undefined || path === undefined) continue
    if (names.has(basename(path))) apart[part] = rows.map((row) => ({ ...row, id: `${part}/${row.id}` }))
    names.add(basename(path))
  }
  return apart
}

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

/**
 * Rows whose inputs stand in the test rows too leave training and validation; those that stand in validation leave training.
 * Splits that were given may overlap, and a row that was learned from proves nothing.
 */
function withoutLeaks(parts: Splits) {
  const tested = new Set(parts.test.map(inputsKey))
  const validation = parts.validation.filter((example) => !tested.has(inputsKey(example)))
  const held = new Set([...tested, ...validation.map(inputsKey)])
  const train = parts.train.filter((example) => !held.has(inputsKey(example)))
  const dropped = parts.train.length - train.length + parts.validation.length - validation.length
  return { parts: { train, validation, test: parts.test }, dropped }
}

function leakNote(dropped: number): string {
  return `${dropped} ${dropped === 1 ? 'row was' : 'rows were'} left out because their inputs stand in validation or test rows too`
}

/** What the program turned out to be, wherever its parts were imported from. Code of metric and `run` shows in the file's own digest only. */
function programDigest(program: ProgramDefinition): string {
  const { predictors, metric, space } = program
  const signatures = Object.fromEntries(Object.entries(predictors).map(([name, one]) => [name, signatureJson(one)]))
  const state = program.initialState()
  return sha256(
    JSON.stringify({ signatures, state, space: space.toJSON(), metric: metric.name, fields: metric.fields ?? [] }),
  )
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
