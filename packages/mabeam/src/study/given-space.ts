/** Spaces, objectives and limits as they are written for the command line. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { jsonFault, messageOf, show } from '@mabeam/foundation'
import {
  type Direction,
  type JsonSchema,
  type OutcomeLimit,
  type Space,
  spaceFromJSON,
  spaceFromJsonSchema,
} from '@mabeam/ml'
import { spaceUnreadable, usage } from '../errors.ts'

/**
 * The space in a file of JSON, in one of three forms: what `space.toJSON()` gives, its variables alone
 * (`{ "lr": { "type": "float", "min": 1e-5, "max": 1, "log": true } }`), or a JSON Schema of an object.
 *
 * Throws: `mabeam/space-unreadable`.
 */
export async function readSpace(path: string, cwd: string): Promise<Space> {
  try {
    return spaceOf(parsed(await readFile(resolve(cwd, path), 'utf8')))
  } catch (error) {
    throw spaceUnreadable(path, messageOf(error), error)
  }
}

/** A variable that stands twice would be lost without a word. */
function parsed(text: string): unknown {
  const fault = jsonFault(text, { whole: 'file', uniqueKeys: true })
  if (fault === undefined) return JSON.parse(text)
  const { line, column, expected, got } = fault
  throw new Error(`line ${line}, column ${column}: expected ${expected}, got ${got}`)
}

function spaceOf(json: unknown): Space {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`expected an object, got ${show(json)}`)
  }
  if ('properties' in json && 'type' in json) return spaceFromJsonSchema(json as JsonSchema)
  return spaceFromJSON('variables' in json && 'version' in json ? json : { version: 2, variables: json })
}

/** `accuracy:max,costUsd:min` as a record. Throws `mabeam/usage`. */
export function objectivesIn(text: string): { readonly [name: string]: Direction } {
  const objectives: Record<string, Direction> = {}
  for (const part of text.split(',')) {
    const [, name, direction] = /^\s*(.+?)\s*:\s*(max|min|maximise|minimise)\s*$/.exec(part) ?? []
    if (name === undefined || direction === undefined) {
      throw usage(`--objectives: expected name:max or name:min, with commas between, got "${part}"`)
    }
    if (Object.hasOwn(objectives, name)) throw usage(`--objectives: expected names that differ, got "${name}" twice`)
    objectives[name] = direction as Direction
  }
  return objectives
}

/** `latencyMs<=500,accuracy>=0.8` as limits on measured values. Throws `mabeam/usage`. */
export function limitsIn(text: string): OutcomeLimit[] {
  return text.split(',').map((part) => {
    const [, name = '', sign, bound = ''] = /^\s*([^<>=]+?)\s*(<=|>=)\s*(\S+)\s*$/.exec(part) ?? []
    const value = Number(bound)
    if (sign === undefined || !Number.isFinite(value)) {
      throw usage(`--limits: expected name<=number or name>=number, with commas between, got "${part}"`)
    }
    return sign === '<=' ? { name, atMost: value } : { name, atLeast: value }
  })
}
