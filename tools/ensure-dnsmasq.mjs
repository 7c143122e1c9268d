/**
 * Finds dnsmasq, a name server for tests of discovery, or installs it by the package manager of the system where that can be done
 * without asking anybody, and prints its path. Runs with nothing installed, on Node 20.20.
 */

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** Looked at after the path: where it is for the administrator alone. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']

/** Each with what makes it able to find the package. */
const managers = [
  {
    name: 'apt-get',
    steps: [
      ['update', '-q'],
      ['install', '-qy', '--no-install-recommends', 'dnsmasq-base'],
    ],
  },
  { name: 'dnf', steps: [['install', '-qy', 'dnsmasq']] },
  { name: 'apk', steps: [['add', '--no-cache', 'dnsmasq']] },
]

/** The path of dnsmasq. Throws an Error whose message says in one sentence how to get it. */
export function ensureDnsmasq({ env = process.env, say = sayOnStandardError, folders = usualFolders } = {}) {
  const found = find(env, folders)
  if (found !== undefined) return found
  const failures = []
  for (const { name, steps } of process.getuid?.() === 0 ? managers : []) {
    const failed = steps.map((step) => run(name, step, env)).find((sentence) => sentence !== undefined)
    const got = find(env, folders)
    if (got !== undefined) {
      say(`installed dnsmasq with ${name}: ${got}`)
      return got
    }
    if (failed !== undefined) failures.push(failed)
  }
  const why = failures.length > 0 ? ` (${failures.join('; ')})` : ''
  throw new Error(`expected dnsmasq on the path, got none; install the package dnsmasq-base or dnsmasq${why}`)
}

function find(env, folders) {
  const all = [...(env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== ''), ...folders]
  return all.map((folder) => path.join(folder, 'dnsmasq')).find(isProgram)
}

function sayOnStandardError(line) {
  process.stderr.write(`${line}\n`)
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What went wrong, if anything; nothing for a manager that is not there. */
function run(name, args, env) {
  const { error, status, stderr } = spawnSync(name, args, {
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
  })
  if (error !== undefined) return undefined
  return status === 0 ? undefined : `${name} ${args[0]}: ${stderr.trim().split('\n').at(-1)}`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(ensureDnsmasq())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
