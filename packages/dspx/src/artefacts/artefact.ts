/**
 * Artefacts: a tuned program as a file. Versioned JSON with a digest; old versions are upgraded step by step when they
 * are read. It holds no code: the program's module is named by a path relative to the file.
 */

import type { KeyObject } from 'node:crypto'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type Clock, checkOptions, type Json, rule, systemClock } from '@mabeam/foundation'
import { digestOf } from '../canonical-json.ts'
import { plainData } from '../sandbox/plain-data.ts'
import { checkArtefact } from './artefact-check.ts'
import { artefactCharsMax, artefactDepthMax, readArtefactFile, writeArtefactFile } from './artefact-file.ts'
import { artefactSchema } from './artefact-schema.ts'
import { type SignatureSeal, signDigest, verifyDigest } from './artefact-seal.ts'
import {
  type ArtefactSignature,
  type ArtefactState,
  artefactSignature,
  type ProgramShape,
  shapeRule,
} from './artefact-shape.ts'
import { artefactVersion, upgradeArtefact, upgradeSteps } from './artefact-upgrade.ts'
import { artefactChanged, artefactError } from './errors.ts'
import type { Lineage } from './lineage.ts'

/** What an artefact file holds. */
export interface Artefact {
  readonly format: 'mabeam-program'
  readonly version: 3
  readonly program: {
    readonly name: string
    /** The file that defines the program, relative to the artefact, with `/`; absent where nobody said. */
    readonly module?: string
    readonly predictors: { readonly [name: string]: ArtefactSignature }
  }
  readonly state: ArtefactState
  /** Where the state comes from. */
  readonly lineage: Lineage
  /** The study that found the state. */
  readonly study?: { readonly id: string; readonly seed: number }
  /** Whatever was measured: scores, costs, baselines. */
  readonly measured?: Json
  /** ISO 8601. */
  readonly createdAt: string
  /** `sha256:…` over the canonical JSON of everything else but the signature. */
  readonly digest: string
  /** Over the digest, where it was signed. */
  readonly signature?: SignatureSeal
}

/** What is saved. */
export interface SaveArtefactOptions {
  readonly program: ProgramShape
  readonly state: ArtefactState
  /** Path of the file whose default export is the program; without it only its code can load it. @default none */
  readonly module?: string
  /** @default no parent and no steps */
  readonly lineage?: Lineage
  readonly study?: { readonly id: string; readonly seed: number }
  readonly measured?: Json
  /** A private Ed25519 key. @default not signed */
  readonly signWith?: KeyObject
  /** @default systemClock */
  readonly clock?: Clock
}

/** What is asked of a file. */
export interface LoadArtefactOptions {
  /** Public Ed25519 keys: the artefact must be signed by one of them. @default nothing is asked */
  readonly verifyWith?: readonly KeyObject[]
}

const saveRules = {
  program: shapeRule,
  state: rule.record(),
  module: rule.optional(rule.string()),
  lineage: rule.optional(rule.record()),
  study: rule.optional(rule.record()),
  measured: rule.optional(rule.any()),
  signWith: rule.optional(rule.any()), // what is no key is refused where it signs, and not shown
  clock: rule.optional(rule.having('nowMs')),
}

/**
 * Writes an artefact whole or not at all (temporary file, fsync, rename) and creates its folder.
 *
 * Throws: `dspx/artefact-unwritable`, also for what could not be read again: a state that is none, or that JSON cannot say (bytes,
 * circles); `dspx/artefact-signature` for a key that cannot sign.
 * @example await saveArtefact('triage.json', { program, state, module: 'program.ts' })
 */
export async function saveArtefact(path: string, options: SaveArtefactOptions): Promise<Artefact> {
  checkOptions('saveArtefact', { path }, { path: rule.string() })
  checkOptions('saveArtefact', options, saveRules)
  const { program, state, lineage = { steps: [] }, study, measured, module, signWith, clock = systemClock } = options
  const content = plain(path, {
    format: 'mabeam-program' as const,
    version: artefactVersion,
    program: {
      name: program.name,
      ...(module !== undefined && { module: relativeModule(path, module) }),
      predictors: Object.fromEntries(
        Object.entries(program.predictors).map(([name, one]) => [name, artefactSignature(one)]),
      ),
    },
    state,
    lineage,
    ...(study && { study: { id: study.id, seed: study.seed } }),
    ...(measured !== undefined && { measured }),
    createdAt: new Date(clock.nowMs()).toISOString(),
  })
  const digest = digestOf(content)
  const signature = signWith === undefined ? {} : { signature: signDigest(path, digest, signWith) }
  const artefact = { ...content, digest, ...signature }
  checked('unwritable', path, artefact)
  const text = `${JSON.stringify(artefact, undefined, 2)}\n`
  if (text.length > artefactCharsMax) {
    throw artefactError('unwritable', path, `at most ${artefactCharsMax} characters`, text.length)
  }
  await writeArtefactFile(path, text)
  return artefact as unknown as Artefact
}

/**
 * Reads an artefact and brings it to the present version. The digest of one that was upgraded is that of its upgraded content.
 *
 * Throws: `dspx/artefact-unreadable`, `-invalid` (not an artefact, or damaged), `-version` (made by a newer release),
 * `-digest` (changed after it was saved), `-signature` (not signed by one of the keys).
 * @example const { state } = await loadArtefact('triage.json')
 */
export async function loadArtefact(path: string, options: LoadArtefactOptions = {}): Promise<Artefact> {
  checkOptions('loadArtefact', { path }, { path: rule.string() })
  checkOptions('loadArtefact', options, { verifyWith: rule.optional(rule.array()) })
  const parsed = await readArtefactFile(path)
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
  const { digest, signature, ...content } = parsed
  const actual = digestOf(content)
  if (digest !== actual) throw artefactChanged(path, digest, actual)
  const upgraded = upgradeArtefact(content, version, upgradeSteps)
  const sealed = { ...upgraded, digest: digestOf(upgraded), ...(signature !== undefined && { signature }) }
  const artefact = checked('invalid', path, sealed)
  if (options.verifyWith !== undefined) {
    verifyDigest(path, { digest: actual, signature: artefact.signature }, options.verifyWith)
  }
  return artefact
}

/** The absolute path of the program's module, for an artefact that was read from `path`; undefined where it names none. */
export function artefactModule(path: string, artefact: Artefact): string | undefined {
  checkOptions('artefactModule', { path }, { path: rule.string() })
  checkArtefact('artefactModule', 'artefact', artefact)
  const { module } = artefact.program
  return module === undefined ? undefined : resolve(dirname(resolve(path)), module)
}

function relativeModule(path: string, module: string): string {
  const found = relative(dirname(resolve(path)), resolve(module))
  const posix = sep === '/' ? found : found.replaceAll(sep, '/')
  return isAbsolute(found) || posix.startsWith('.') ? posix : `./${posix}`
}

/** What the schema takes of it. */
function checked(kind: 'invalid' | 'unwritable', path: string, value: object): Artefact {
  const { success, data, error } = artefactSchema(artefactVersion).safeParse(value)
  if (success) return data as Artefact
  const [issue] = error.issues
  throw artefactError(kind, path, `${issue?.path.join('.') || 'an object'} of a tuned program`, issue?.message)
}

/** As it will be read again: without `undefined`, which JSON does not have. */
function plain(path: string, value: object): { readonly [key: string]: Json } {
  const copied = plainData(value, { depthMax: artefactDepthMax, partsMax: artefactCharsMax })
  if (copied.type === 'data') return copied.json as { readonly [key: string]: Json }
  throw artefactError('unwritable', path, 'what JSON can say', copied.reason)
}
