/**
 * `npm run examples`: runs every example as its README says, as many at once as there are cores. A folder examples/NN-name/ holds a
 * `main.ts`, which is run as it is, or a `program.ts` with its data/, which is tuned for a few trials. Each runs with a home of its own
 * and must end with 0. `npm run example -- triage` runs only that one, shows what it prints, and gives it what else stands there:
 * `npm run example -- attack-laboratory --json`.
 */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ensureInstall, pinnedEnv, root } from './ensure-install.mjs'

const timeLimitMs = 120_000

ensureInstall()
const all = readdirSync(path.join(root, 'examples')).filter((name) => /^\d\d-/.test(name))
const [flag, asked, ...passedOn] = process.argv.slice(2)
if (flag === undefined) process.exitCode = (await runAll()) ? 0 : 1
else if (flag === '--one') await runAsked()
else refuse(`examples: expected nothing; one example is \`npm run example -- NAME\``)

async function runAll() {
  const queue = [...all]
  const failed = []
  const lanes = Array.from({ length: os.availableParallelism() }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (!(await runOne(name))) failed.push(name)
    }
  })
  await Promise.all(lanes)
  return failed.length === 0
}

async function runOne(name) {
  const startedMs = performance.now()
  const { status, output } = await run(name, { stdio: 'pipe' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  if (status !== 0) console.log(output)
  return status === 0
}

async function runAsked() {
  const name = all.find((one) => one === asked || one.replace(/^\d\d-/, '') === asked)
  const names = all.map((one) => one.replace(/^\d\d-/, '')).join(', ')
  if (asked === undefined) refuse(`example: which one? npm run example -- NAME, with one of ${names}`)
  else if (name === undefined) refuse(`example: unknown example "${asked}"; expected one of ${names}`)
  else {
    // Ctrl-C reaches the example by itself; it decides how to end.
    process.on('SIGINT', () => {})
    process.exitCode = (await run(name, { stdio: 'inherit', args: passedOn })).status ?? 1
  }
}

function refuse(sentence) {
  console.error(sentence)
  process.exitCode = 2
}

/** Its exit status, null where it was killed, and what it said where that was not shown. */
async function run(name, { stdio, args = [] }) {
  const home = mkdtempSync(path.join(os.tmpdir(), `mabeam-example-`))
  // What examples share is stripped and compiled once. Nodes of one machine find each other in the folder of their runtime.
  const NODE_COMPILE_CACHE = path.join(root, 'node_modules', '.cache', 'compiled')
  const env = { ...pinnedEnv(), MABEAM_HOME: home, XDG_RUNTIME_DIR: home, NODE_COMPILE_CACHE }
  const [program, ...given] = commandOf(path.join(root, 'examples', name))
  const limit = { cwd: root, env, timeout: timeLimitMs }
  const child = spawn(program, [...given, ...args], { ...limit, stdio: ['ignore', stdio, stdio] })
  let output = ''
  const add = (text) => {
    output += text
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', add)
  const status = await new Promise((done) => {
    child.on('error', ({ message }) => {
      add(message)
      done(1)
    })
    child.on('close', done)
  })
  rmSync(home, { recursive: true, force: true })
  return { status, output }
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
