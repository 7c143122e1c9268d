/** The configuration file of a program: JSON, with the options of a node and the profile. */

import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { malformedConfiguration, unreadableConfiguration } from '../errors/configuration-errors.ts'
import { messageOf } from '../errors.ts'
import { jsonFault } from '../json-fault.ts'
import { invalidOption } from '../options.ts'
import { flatSettings, type Settings } from './node-setting.ts'
import { type Profile, profileRule } from './profile.ts'

/** Looked for in the working directory when no file is named. */
const configurationFileName = 'mabeam.config.json'

/** Bytes of the longest file. */
const fileBytesMax = 1_048_576

/** Of objects and lists in the file. */
const depthMax = 64

export interface ConfigurationFile {
  /** As it was named. */
  readonly path: string
  readonly profile: Profile | undefined
  readonly settings: Settings
}

/**
 * Reads the file that is named, or `mabeam.config.json` of the directory if there is one.
 *
 * Rejects with `foundation/unreadable-configuration`, `foundation/malformed-configuration`, `foundation/invalid-option`,
 * `foundation/unknown-name`.
 */
export async function readConfigurationFile(
  named: string | undefined,
  directory: string,
): Promise<ConfigurationFile | undefined> {
  const path = named ?? configurationFileName
  const text = await textOf(path, named ?? join(directory, configurationFileName), named !== undefined)
  return text === undefined ? undefined : { path, ...settingsOf(path, text) }
}

async function textOf(path: string, at: string, isRequired: boolean): Promise<string | undefined> {
  try {
    await using file = await open(at, 'r')
    const bytes = new Uint8Array(fileBytesMax + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length)).bytesRead
    }
    if (length > fileBytesMax) throw unreadableConfiguration(path, `expected at most ${fileBytesMax} bytes, got more`)
    return new TextDecoder('utf-8').decode(bytes.subarray(0, length))
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown
    if (thrown.code !== 'ENOENT') throw unreadableConfiguration(path, `can't be read: ${messageOf(thrown)}`, thrown)
    if (isRequired) throw unreadableConfiguration(path, 'expected a file, got nothing of that name', thrown)
    return undefined
  }
}

function settingsOf(path: string, text: string): Omit<ConfigurationFile, 'path'> {
  const fault = jsonFault(text, { whole: 'file', depthMax, uniqueKeys: true })
  if (fault !== undefined) throw malformedConfiguration(path, fault, fault.expected, fault.got)
  const content: unknown = JSON.parse(text)
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw invalidOption(path, 'the file', 'one object of options', content)
  }
  const { profile, ...options } = content as { readonly profile?: unknown }
  if (profile !== undefined && !profileRule.test(profile)) {
    throw invalidOption(path, 'profile', profileRule.expected, profile)
  }
  return { profile: profile as Profile | undefined, settings: flatSettings(path, options) }
}

function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown
}
