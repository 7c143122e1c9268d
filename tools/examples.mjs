/**
 * `npm run examples`: runs every example as its README says. A folder examples/NN-name/ holds a `main.ts`, which is run as it
 * is, or a `program.ts` with its data/, which is tuned for a few trials. Each runs in a folder of its own and must end with 0.
 * `npm run example -- triage` runs only that one, shows what it prints, and gives it what else stands there:
 * `npm run example -- attack-laboratory --json`.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ensureInstall, pinnedEnv, root } from './ensure-install.mjs'

const timeLimitMs = 120_000

ensureInstall()
const all = readdirSync(path.join(root, 'examples')).filter((name) => /^\d\d-/.test(name))
const [flag, asked, ...passedOn] = process.argv.slice(2)
if (flag === undefined) process.exitCode = all.filter((name) => !runAll(name)).length > 0 ? 1 : 0
else if (flag === '--one') runAsked()
else refuse(`examples: expected nothing; one example is \`npm run example -- NAME\``)

function runAll(name) {
  const startedMs = performance.now()
  const result = run(name, { stdio: 'pipe' })
  const ok = result.status === 0
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  if (!ok) console.log(result.error?.message ?? `${result.stdout ?? ''}${result.stderr ?? ''}`)
  return ok
}

function runAsked() {
  const name = all.find((one) => one === asked || one.replace(/^\d\d-/, '') === asked)
  const names = all.map((one) => one.replace(/^\d\d-/, '')).join(', ')
  if (asked === undefined) refuse(`example: which one? npm run example -- NAME, with one of ${names}`)
  else if (name === undefined) refuse(`example: unknown example "${asked}"; expected one of ${names}`)
  else process.exitCode = run(name, { stdio: 'inherit', args: passedOn }).status ?? 1
}

function refuse(sentence) {
  console.error(sentence)
  process.exitCode = 2
}

function run(name, { stdio, args = [] }) {
  const home = mkdtempSync(path.join(os.tmpdir(), `mabeam-example-`))
  // What examples share is stripped and compiled once.
  const NODE_COMPILE_CACHE = path.join(root, 'node_modules', '.cache', 'compiled')
  const env = { ...pinnedEnv(), MABEAM_HOME: home, NODE_COMPILE_CACHE }
  const [program, ...given] = commandOf(path.join(root, 'examples', name))
  const limit = { cwd: root, env, encoding: 'utf8', timeout: timeLimitMs }
  const result = spawnSync(program, [...given, ...args], { ...limit, stdio: ['ignore', stdio, stdio] })
  rmSync(home, { recursive: true, force: true })
  return result
}

function commandOf(folder) {
  const main = path.join(folder, 'main.ts')
  if (existsSync(main)) return ['node', '--conditions=mabeam-source', main]
  const data = { '--data': 'train', '--validation': 'validation', '--test': 'test' }
  const files = Object.entries(data)
    .map(([flag, name]) => [flag, path.join(folder, 'data', `${name}.jsonl`)])
    .filter(([, file]) => existsSync(file))
  return ['mabeam', 'optimize', path.join(folder, 'program.ts'), ...files.flat(), '--budget', '6', '--seed', '7']
}
