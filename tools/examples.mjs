/**
 * `npm run examples`: runs every example as its README says. A folder examples/NN-name/ holds a `main.ts`, which is run as it
 * is, or a `program.ts` with its data/, which is tuned for a few trials. Each runs in a folder of its own and must end with 0.
 * `npm run examples -- 01-triage` runs only that one and shows what it prints.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ensureInstall, pinnedEnv, root } from './ensure-install.mjs'

const timeLimitMs = 120_000

ensureInstall()
const all = readdirSync(path.join(root, 'examples')).filter((name) => /^\d\d-/.test(name))
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`examples: unknown example "${unknown[0]}"; expected some of ${all.join(', ')}`)
  process.exitCode = 2
} else {
  const failed = (asked.length > 0 ? asked : all).filter((name) => !runExample(name))
  process.exitCode = failed.length > 0 ? 1 : 0
}

function runExample(name) {
  const startedMs = performance.now()
  const home = mkdtempSync(path.join(os.tmpdir(), `mabeam-example-`))
  const env = { ...pinnedEnv(), MABEAM_HOME: home }
  const [program, ...args] = commandOf(path.join(root, 'examples', name))
  const stdio = ['ignore', asked.length > 0 ? 'inherit' : 'pipe', asked.length > 0 ? 'inherit' : 'pipe']
  const result = spawnSync(program, args, { cwd: root, env, encoding: 'utf8', timeout: timeLimitMs, stdio })
  rmSync(home, { recursive: true, force: true })
  const ok = result.status === 0
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  if (!ok) console.log(result.error?.message ?? `${result.stdout ?? ''}${result.stderr ?? ''}`)
  return ok
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
