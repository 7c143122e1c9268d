/**
 * `npm run build`: what would be published, and whether it would work. For each package, those it needs first: dist/<name>/ gets
 * what `tsc` makes of its source, its documents, and the manifest to publish (without the `mabeam-source` condition, since
 * Node strips no types under node_modules); `npm pack` makes dist/<name>-<version>.tgz; publint and attw judge it.
 *
 * With `-- --smoke` the packed packages are installed in an empty folder and every door is imported there.
 */

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { ensureInstall, pinnedEnv, root } from './ensure-install.mjs'

const out = path.join(root, 'dist')
const tests = ['**/*.test.ts', '**/*.fixture.ts']

ensureInstall()
const startedMs = performance.now()
const packages = inOrder(readPackages())
rmSync(out, { recursive: true, force: true })
mkdirSync(out)
try {
  for (const one of packages) await compile(one)
  await sideBySide(packages, async (one) => {
    await stage(one)
    await judge(one)
  })
  if (process.argv.includes('--smoke')) await smoke(packages)
  say(`${packages.length} packages in dist/, in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(`build: ${error.message}`)
  process.exitCode = 1
}

function readPackages() {
  return readdirSync(path.join(root, 'packages'))
    .filter((name) => existsSync(path.join(root, 'packages', name, 'package.json')))
    .map((name) => {
      const folder = path.join(root, 'packages', name)
      const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
      return { name, folder, manifest, staged: path.join(out, name) }
    })
}

/** A package after those it depends on, so that their declarations are there. */
function inOrder(all) {
  const ordered = []
  const add = (one) => {
    if (ordered.includes(one)) return
    for (const name of Object.keys(one.manifest.dependencies ?? {})) {
      const needed = all.find((other) => other.manifest.name === name)
      if (needed) add(needed)
    }
    ordered.push(one)
  }
  all.forEach(add)
  return ordered
}

async function compile({ name, folder, staged }) {
  const source = path.join(folder, 'src')
  const config = path.join(out, `tsconfig.${name}.json`)
  const compilerOptions = { rootDir: source, outDir: path.join(staged, 'dist'), paths: builtDoors() }
  const exclude = tests.map((pattern) => path.join(source, pattern))
  writeFileSync(
    config,
    JSON.stringify({ extends: '../tsconfig.build.json', compilerOptions, include: [source], exclude }),
  )
  await run('tsc', ['-p', config, '--pretty', 'false'], root)
  rmSync(config)
}

/** Where the declarations of each door of ours are: in dist/, not in packages/, whose sources are used otherwise. */
function builtDoors() {
  const doors = packages.flatMap(({ manifest, staged }) =>
    Object.entries(manifest.exports).map(([door, { types }]) => [
      path.posix.join(manifest.name, door),
      [path.join(staged, types)],
    ]),
  )
  return Object.fromEntries(doors)
}

async function stage({ folder, manifest, staged }) {
  for (const file of manifest.files.filter((one) => one !== 'dist')) {
    const from = path.join(folder, file)
    if (!existsSync(from)) throw new Error(`${path.relative(root, from)}: named in "files" and not there`)
    cpSync(from, path.join(staged, file), { recursive: true })
  }
  const exported = Object.entries(manifest.exports).map(([door, { 'mabeam-source': _, ...target }]) => [door, target])
  const { devDependencies: _, ...kept } = manifest
  const published = { ...kept, exports: { ...Object.fromEntries(exported), './package.json': './package.json' } }
  writeFileSync(path.join(staged, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  const [packed] = JSON.parse(await run('npm', ['pack', '--json', '--pack-destination', out], staged))
  say(`${packed.filename}: ${packed.entryCount} files, ${Math.round(packed.size / 1024)} kB packed`)
}

async function judge(one) {
  await run('publint', ['run', one.staged, '--strict'], root)
  await run('attw', [tarball(one), '--profile', 'esm-only'], root)
}

function tarball({ manifest }) {
  return path.join(out, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
}

/** Installs the tarballs as a user would, and imports each door on the pinned Node, without the source condition. */
async function smoke(all) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mabeam-smoke-'))
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...all.map(tarball)], folder)
  const doors = all.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((door) => door !== './testing')
      .map((door) => path.posix.join(manifest.name, door)),
  )
  const script = doors.map(
    (door) => `if (Object.keys(await import('${door}')).length === 0) throw new Error('${door} is empty')`,
  )
  writeFileSync(path.join(folder, 'doors.mjs'), `${script.join('\n')}\n`)
  await run('node', ['doors.mjs'], folder)
  for (const bin of all.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {})))
    await run(`node_modules/.bin/${bin}`, ['--help'], folder)
  rmSync(folder, { recursive: true, force: true })
  say(`smoke: installed from the tarballs, ${doors.length} doors imported`)
}

/** As many at once as there are cores; after a failure none is begun. */
async function sideBySide(all, act) {
  const queue = [...all]
  const lanes = Array.from({ length: os.availableParallelism() }, async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await act(one)
  })
  await Promise.all(lanes).finally(() => {
    queue.length = 0
  })
}

/** Standard output of a program that must succeed; otherwise an error with all it said. */
async function run(program, args, cwd) {
  const env = { ...pinnedEnv(), NO_COLOR: '1', npm_config_loglevel: 'error' }
  try {
    return (await promisify(execFile)(program, args, { cwd, env, maxBuffer: 1 << 28 })).stdout
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message
    throw new Error(`${[program, ...args].join(' ').replaceAll(`${root}/`, '')} failed\n${said}`)
  }
}

function say(line) {
  console.log(`build: ${line}`)
}
