/**
 * Installs what package-lock.json says, but only when something changed, and makes sure that the Node the repository
 * pins is really there. Runs with nothing installed, on Node 20.20: no dependency, no syntax newer than that.
 *
 * A stamp in node_modules holds the hash of everything an install depends on. When it differs, the tree that is there is
 * compared with the lock (editing a script in a package.json needs no install); only then `npm ci` runs.
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The repository's root folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const nodeModules = path.join(root, 'node_modules')
const stampFile = path.join(nodeModules, '.mabeam-install-stamp')
const pinnedNode = path.join(nodeModules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const linkedNode = path.join(nodeModules, '.bin', 'node')
const oldestNode = [20, 20]

/** The environment in which `node`, `tsc`, `vitest` and the rest are those of the repository. */
export function pinnedEnv() {
  const bin = path.join(nodeModules, '.bin')
  return { ...process.env, PATH: [bin, pathWithoutUs()].join(path.delimiter) }
}

/** Installs when needed. Prints one line on standard error when it does; throws an Error whose message says how to mend. */
export function ensureInstall() {
  checkOwnNode()
  const wanted = stamp()
  const found = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
  if (found !== wanted && !treeMatchesLock()) install()
  if (!pinnedNodeWorks()) mendPinnedNode()
  if (found !== wanted) writeFileSync(stampFile, wanted)
}

function checkOwnNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])
  if (isOld)
    throw new Error(`expected Node.js ${oldestNode.join('.')} or newer to begin with, got ${process.versions.node}`)
}

function stamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const file of ['package-lock.json', ...manifests()]) {
    hash.update(`${file}\n`).update(readFileSync(path.join(root, file)))
  }
  return `${hash.digest('hex')}\n`
}

function manifests() {
  const packages = readdirSync(path.join(root, 'packages')).sort()
  const own = packages
    .map((name) => `packages/${name}/package.json`)
    .filter((file) => existsSync(path.join(root, file)))
  return ['package.json', ...own]
}

/** True when what npm recorded in node_modules is what the lock asks for, and the lock is what the manifests ask for. */
function treeMatchesLock() {
  const record = path.join(nodeModules, '.package-lock.json')
  if (!existsSync(record)) return false
  const there = readJson(record).packages
  const wanted = readJson(path.join(root, 'package-lock.json')).packages
  for (const file of manifests()) {
    if (
      !sameDependencies(readJson(path.join(root, file)), wanted[path.dirname(file) === '.' ? '' : path.dirname(file)])
    )
      return false
  }
  for (const [where, entry] of Object.entries(wanted)) {
    const isOurs = where === '' || where.startsWith('packages/')
    if (!isOurs && !sameInstalled(entry, there[where])) return false
  }
  return Object.keys(there).every((where) => where in wanted)
}

function sameDependencies(manifest, entry) {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
  return kinds.every((kind) => sorted(manifest[kind]) === sorted(entry?.[kind]))
}

function sorted(record = {}) {
  return JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A package for another platform is in the lock and not in the tree; that is as it should be. */
function sameInstalled(entry, installed) {
  if (installed === undefined) return entry.optional === true
  return entry.link === true || (entry.version === installed.version && entry.integrity === installed.integrity)
}

function install() {
  say('installing the dependencies once (npm ci, about a minute) …')
  const startedMs = Date.now()
  // --include=dev: NODE_ENV=production would leave out the tools and the pinned Node.
  const result = npm(['ci', '--include=dev', '--no-progress', '--loglevel=error'], root)
  if (result.status !== 0) throw new Error(explain(result))
  say(`installed in ${Math.round((Date.now() - startedMs) / 1000)} s`)
}

/** Asks what `node` in node_modules/.bin is: that one the npm scripts run. */
function pinnedNodeWorks() {
  const node = process.platform === 'win32' ? pinnedNode : linkedNode
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return stdout?.trim() === `v${pinnedVersion()}`
}

function pinnedVersion() {
  return readJson(path.join(root, 'package.json')).devDependencies.node
}

/** The npm package `node` fetches its binary in an install script, which `--ignore-scripts` skips: fetch it ourselves. */
function mendPinnedNode() {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `${prefix}-${platform}-${process.arch}`
  const spec = `${name}@${pinnedVersion()}`
  const folder = path.join(nodeModules, '.mabeam-node')
  say(`fetching the pinned Node.js (${spec}) …`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const result = npm(['install', '--no-package-lock', '--no-progress', '--loglevel=error', spec], folder)
  if (result.status !== 0) throw new Error(explain(result))
  const fetched = path.join(folder, 'node_modules', name)
  placeBinary(path.join(fetched, readJson(path.join(fetched, 'package.json')).bin.node))
  rmSync(folder, { recursive: true, force: true })
  if (!pinnedNodeWorks()) {
    throw new Error(
      `expected ${pinnedNode} to be Node.js ${pinnedVersion()}, and it does not run as that; delete node_modules and try again`,
    )
  }
}

function placeBinary(fetched) {
  mkdirSync(path.dirname(pinnedNode), { recursive: true })
  rmSync(pinnedNode, { force: true })
  try {
    linkSync(fetched, pinnedNode)
  } catch {
    copyFileSync(fetched, pinnedNode)
  }
  chmodSync(pinnedNode, 0o755)
  if (process.platform === 'win32') return
  rmSync(linkedNode, { force: true })
  symlinkSync(path.relative(path.dirname(linkedNode), pinnedNode), linkedNode)
}

/** npm of the machine, on the Node of the machine: the pinned one may be about to be replaced. */
function npm(args, cwd) {
  const env = { ...process.env, PATH: pathWithoutUs() }
  for (const key of Object.keys(env)) if (/^npm_(package|lifecycle|config_(local_)?prefix)/i.test(key)) delete env[key]
  return spawnSync('npm', args, {
    cwd,
    env,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function pathWithoutUs() {
  const parts = (process.env.PATH ?? '').split(path.delimiter)
  return parts.filter((part) => !path.resolve(part).startsWith(nodeModules)).join(path.delimiter)
}

/** What npm said, and one sentence on how to mend it. */
function explain(result) {
  if (result.error?.code === 'ENOENT')
    return 'npm was not found; install Node.js with npm from https://nodejs.org and try again'
  const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim()
  const causes = [
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/,
      'no connection to the npm registry: check the network, or proxy and registry in `npm config list`',
    ],
    [
      /EUSAGE|in sync|lockfileVersion/,
      'package-lock.json does not match the manifests, or npm is older than 10: run `npm install` with npm 10 or newer and commit the lock',
    ],
    [/ENOSPC/, 'the disk is full: about 700 MB are needed'],
    [/EACCES|EPERM|EROFS/, 'no right to write node_modules: look at the owner of the folder'],
    [
      /E404|ETARGET/,
      'the npm registry in use lacks a package or version of package-lock.json: compare `npm config get registry`',
    ],
    [/EINTEGRITY/, 'a package differs from the one in package-lock.json: run `npm cache verify` and try again'],
  ]
  const cause = causes.find(([pattern]) => pattern.test(said))?.[1] ?? 'npm failed; its own words are above'
  return `${said.split('\n').slice(0, 12).join('\n')}\nensure-install: ${cause}`
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function say(line) {
  process.stderr.write(`ensure-install: ${line}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    ensureInstall()
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
