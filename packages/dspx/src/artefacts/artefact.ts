/**
 * Artefacts: a tuned program as a file. Versioned JSON with a digest; old versions are upgraded step by step when they
 * are read. It holds no code: the program's module is named by a path relative to the file.
 */

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type Clock, type Json, systemClock } from '@mabeam/foundation'
import { z } from 'zod'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { type SignatureJson, signatureJson } from '../signatures/signature.ts'
import { digestOf } from './canonical-json.ts'
import { artefactBroken, artefactError, artefactFileFailed } from './errors.ts'

/** What an artefact file holds. */
export interface Artefact {
  readonly format: 'mabeam-program'
  readonly version: 1
  readonly program: {
    readonly name: string
    /** The file that defines the program, relative to the artefact, with `/`; absent where nobody said. */
    readonly module?: string
    readonly predictors: { readonly [name: string]: SignatureJson }
  }
  readonly state: ProgramState
  /** The study that found the state. */
  readonly study?: { readonly id: string; readonly seed: number }
  /** Whatever was measured: scores, costs, baselines. */
  readonly measured?: Json
  /** ISO 8601. */
  readonly createdAt: string
  /** `sha256:…` over the canonical JSON of everything else. */
  readonly digest: string
}

/** What of a program an artefact is compared with. */
export type ProgramShape = Pick<ProgramDefinition, 'name' | 'predictors'>

/** What is saved. */
export interface SaveArtefactOptions {
  readonly program: ProgramShape
  readonly state: ProgramState
  /** Path of the file whose default export is the program; without it only its code can load it. @default none */
  readonly module?: string
  readonly study?: { readonly id: string; readonly seed: number }
  readonly measured?: Json
  /** @default systemClock */
  readonly clock?: Clock
}

/** The version that is written. */
export const artefactVersion = 1

/** The most characters an artefact may have. */
export const artefactCharsMax = 50_000_000

/** A change from one version to the next, without the digest. */
export type UpgradeStep = (artefact: { readonly [key: string]: Json }) => { readonly [key: string]: Json }

/** The step at `n` makes version `n + 2` out of version `n + 1`. Version 1 is the first and the last so far. */
const upgradeSteps = (): readonly UpgradeStep[] => []

/**
 * Writes an artefact whole or not at all (temporary file, fsync, rename) and creates its folder.
 *
 * Throws: `dspx/artefact-unwritable`.
 * @example await saveArtefact('triage.json', { program, state, module: 'program.ts' })
 */
export async function saveArtefact(path: string, options: SaveArtefactOptions): Promise<Artefact> {
  const { program, state, study, measured, module, clock = systemClock } = options
  const content = {
    format: 'mabeam-program' as const,
    version: artefactVersion,
    program: {
      name: program.name,
      ...(module !== undefined && { module: relativeModule(path, module) }),
      predictors: Object.fromEntries(
        Object.entries(program.predictors).map(([name, one]) => [name, signatureJson(one)]),
      ),
    },
    state,
    ...(study && { study: { id: study.id, seed: study.seed } }),
    ...(measured !== undefined && { measured }),
    createdAt: new Date(clock.nowMs()).toISOString(),
  } as const
  const artefact: Artefact = { ...content, digest: digestOf(plain(content)) }
  await writeWhole(path, `${JSON.stringify(artefact, undefined, 2)}\n`)
  return artefact
}

/**
 * Reads an artefact and brings it to the present version.
 *
 * Throws: `dspx/artefact-unreadable`, `-invalid` (not an artefact, or damaged), `-version` (made by a newer release),
 * `-digest` (changed after it was saved).
 * @example const { state } = await loadArtefact('triage.json')
 */
export async function loadArtefact(path: string): Promise<Artefact> {
  const parsed = parseFile(path, await readText(path))
  if (parsed.format !== 'mabeam-program') {
    throw artefactError('invalid', path, 'format "mabeam-program" of a tuned program', parsed.format)
  }
  const { version } = parsed
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw artefactError('invalid', path, 'a version number', version)
  }
  if (version > artefactVersion) {
    const expected = `version ${artefactVersion} or older; update @mabeam/dspx to read newer ones`
    throw artefactError('version', path, expected, version)
  }
  const { digest, ...content } = parsed
  const actual = digestOf(content)
  if (digest !== actual) throw artefactError('digest', path, `digest ${actual}, as its content says`, digest)
  const upgraded = upgradeArtefact(content, version, upgradeSteps())
  const checked = artefactSchema.safeParse({ ...upgraded, digest: digestOf(upgraded) })
  if (checked.success) return checked.data as Artefact
  const [issue] = checked.error.issues
  throw artefactError('invalid', path, `${issue?.path.join('.') || 'an object'} of a tuned program`, issue?.message)
}

/** Applies the steps from `version` on and sets the version that comes out. */
export function upgradeArtefact(
  artefact: { readonly [key: string]: Json },
  version: number,
  steps: readonly UpgradeStep[],
): { readonly [key: string]: Json } {
  return steps.slice(version - 1).reduce((older, step, i) => ({ ...step(older), version: version + i + 1 }), artefact)
}

/** The absolute path of the program's module, for an artefact that was read from `path`; undefined where it names none. */
export function artefactModule(path: string, artefact: Artefact): string | undefined {
  const { module } = artefact.program
  return module === undefined ? undefined : resolve(dirname(resolve(path)), module)
}

/**
 * The state in an artefact, when `program` is still the one it was tuned for: the same predictors with the same fields,
 * kinds and values. Descriptions and instructions may have changed.
 *
 * Throws: `dspx/artefact-program` naming what differs.
 */
export function artefactState(path: string, artefact: Artefact, program: ProgramShape): ProgramState {
  const owner = `a program that is still as it was tuned (${artefact.program.name})`
  if (artefact.program.name !== program.name) throw artefactError('program', path, owner, `program ${program.name}`)
  const then = artefact.program.predictors
  for (const name of new Set([...Object.keys(then), ...Object.keys(program.predictors)])) {
    const now = program.predictors[name]
    const was = then[name]
    if (!was || !now) throw artefactError('program', path, owner, `${was ? 'no' : 'a new'} predictor ${name}`)
    const difference = differingField(was, signatureJson(now))
    if (difference) throw artefactError('program', path, owner, `another field ${name}.${difference}`)
  }
  return artefact.state
}

function differingField(was: SignatureJson, now: SignatureJson): string | undefined {
  for (const side of ['inputs', 'outputs'] as const) {
    const names = new Set([...was[side], ...now[side]].map(({ name }) => name))
    for (const name of names) {
      const shape = (one: SignatureJson) => {
        const field = one[side].find((candidate) => candidate.name === name)
        return field && JSON.stringify([field.kind, field.values ?? [], field.optional ?? false])
      }
      if (shape(was) !== shape(now)) return name
    }
  }
  return undefined
}

const values = z.record(z.string(), z.json())
const field = z.object({
  name: z.string(),
  description: z.string(),
  kind: z.string(),
  values: z.array(z.string()).optional(),
  optional: z.boolean().optional(),
})
const signatureSchema = z.object({
  name: z.string(),
  instructions: z.string(),
  inputs: z.array(field),
  outputs: z.array(field),
})
const demo = z.object({ inputs: values, outputs: values })
const artefactSchema = z.object({
  format: z.literal('mabeam-program'),
  version: z.literal(artefactVersion),
  program: z.object({
    name: z.string(),
    module: z.string().min(1).optional(),
    predictors: z.record(z.string(), signatureSchema),
  }),
  state: z.object({
    settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    predictors: z.record(z.string(), z.object({ instructions: z.string(), demos: z.array(demo) })),
  }),
  study: z.object({ id: z.string(), seed: z.number() }).optional(),
  measured: z.json().optional(),
  createdAt: z.iso.datetime(),
  digest: z.string(),
})

async function readText(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length <= artefactCharsMax) return text
  } catch (cause) {
    throw artefactFileFailed('unreadable', path, cause)
  }
  throw artefactError('unreadable', path, `at most ${artefactCharsMax} characters`, 'more')
}

function parseFile(path: string, text: string): { readonly [key: string]: Json } {
  let parsed: Json
  try {
    parsed = JSON.parse(text) as Json
  } catch (cause) {
    throw artefactBroken(path, text.trim() === '' ? 'an empty file' : 'text that is no JSON or ends too early', cause)
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as { readonly [key: string]: Json }
  }
  throw artefactError('invalid', path, 'an object of a tuned program', parsed)
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(resolve(path)), { recursive: true })
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}) // what is in the way of writing may be in the way of this too
    throw artefactFileFailed('unwritable', path, cause)
  }
}

function relativeModule(path: string, module: string): string {
  const found = relative(dirname(resolve(path)), resolve(module))
  const posix = sep === '/' ? found : found.replaceAll(sep, '/')
  return isAbsolute(found) || posix.startsWith('.') ? posix : `./${posix}`
}

/** As it will be read again: without `undefined`, which JSON does not have. */
function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}
