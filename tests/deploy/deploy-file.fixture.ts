/** The files of `deploy/` as data. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

export const deployFolder = path.join(import.meta.dirname, '../../deploy')

export function deployText(file: string): string {
  return readFileSync(path.join(deployFolder, file), 'utf8')
}

export function deployYaml(file: string): unknown {
  return parse(deployText(file), { merge: true })
}

/** The object of a file with several. Throws when there is none. */
export function manifest(file: string, kind: string, name: string): unknown {
  const all = parseAllDocuments(deployText(file)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return document.toJS() as { kind: string; metadata: { name: string } }
  })
  const found = all.find((one) => one.kind === kind && one.metadata.name === name)
  if (found === undefined) throw new Error(`${file}: expected a ${kind} called ${name}, got none`)
  return found
}

/** What is at a path; a number is a place in a list. Throws, with the path, where there is nothing. */
export function at(value: unknown, where: string): unknown {
  let found = value
  for (const key of where.split('.')) {
    found = Object(found)[key]
    if (found === undefined) throw new Error(`${where}: nothing at ${key}`)
  }
  return found
}
