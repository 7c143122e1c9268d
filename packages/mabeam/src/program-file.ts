/** Loads a program from the file that defines it. */

import { statSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type DefinitionOptions,
  definitionOf,
  isProgram,
  isProgramDefinition,
  type Program,
  type ProgramDefinition,
} from '@mabeam/dspx'
import { messageOf, show } from '@mabeam/foundation'
import type { Variables } from '@mabeam/ml'
import { notAProgram, programBroken, programIncomplete, programNotFound } from './errors.ts'

/** What stands beside a program of a class in its file. */
type ProgramParts = Partial<
  Pick<DefinitionOptions<Variables>, 'metric' | 'signature' | 'variables' | 'constraints' | 'settings' | 'adapters'>
>

/**
 * The default export of the file at `path`: a definition, or an object of a class that extends `Program`, beside which `metric` is
 * exported, and `signature` where the program has none; `variables`, `constraints`, `settings` and `adapters` may be. Runs the file's
 * code.
 *
 * Throws: `mabeam/program-not-found`, `mabeam/program-broken`, `mabeam/not-a-program`; what `definitionOf` throws.
 */
export async function loadProgramFile(path: string): Promise<ProgramDefinition> {
  const absolute = resolve(path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw programNotFound(path, stats ? 'a folder' : 'none')
  let module: { readonly default?: unknown } & ProgramParts
  try {
    module = await import(pathToFileURL(absolute).href)
  } catch (error) {
    throw programBroken(path, error, messageOf(error).split('\n')[0] ?? '')
  }
  const { default: program } = module
  if (isProgramDefinition(program)) return program
  if (isProgram(program)) return definedFrom(path, program, module)
  throw notAProgram(path, show(program))
}

/** A program of a class is named by its file. */
function definedFrom(path: string, program: Program, parts: ProgramParts): ProgramDefinition {
  const { metric, signature, variables, constraints, settings, adapters } = parts
  if (metric === undefined) throw programIncomplete(path, 'metric', 'a metric')
  const definition = definitionOf(program, {
    name: basename(path, extname(path)),
    metric,
    ...(signature && { signature }),
    ...(variables && { variables }),
    ...(constraints && { constraints }),
    ...(settings && { settings }),
    ...(adapters && { adapters }),
  }) as unknown as ProgramDefinition
  const { inputs, outputs } = definition.signature
  if (inputs.length + outputs.length === 0) {
    throw programIncomplete(path, 'signature', 'a signature of its inputs and outputs')
  }
  return definition
}
