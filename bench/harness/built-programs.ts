/**
 * Programs against packages as users have them: what `tsc` makes of the sources, in a folder under `node_modules` with the manifests that are
 * published, so that nothing is stripped of types at the start. As `npm run build`, without declarations and judges.
 */

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const root = path.join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

/** Disposing removes the folder. */
export interface BuiltPrograms extends AsyncDisposable {
  /** The program of `bench/programs` with that name. */
  program(name: string): URL
}

/** `packages` are those of ours that the programs need. */
export async function builtPrograms(names: readonly string[], packages: readonly string[]): Promise<BuiltPrograms> {
  const cache = path.join(root, 'node_modules', '.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(path.join(cache, 'mabeam-bench-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await Promise.all(packages.map((name) => buildPackage(name, folder)))
    const programs = path.join(root, 'bench', 'programs')
    const files = names.map((name) => path.join(programs, `${name}.ts`))
    await compile({ rootDir: programs, outDir: folder, files }, folder)
    await writeFile(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    return {
      program: (name) => pathToFileURL(path.join(folder, `${name}.js`)),
      [Symbol.asyncDispose]: remove,
    }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}

/** As it is published: without the condition by which sources are taken. */
async function buildPackage(name: string, folder: string): Promise<void> {
  const from = path.join(root, 'packages', name)
  const to = path.join(folder, 'node_modules', '@mabeam', name)
  await mkdir(to, { recursive: true })
  await cp(path.join(from, 'package.json'), path.join(to, 'package.json'))
  const manifest = JSON.parse(await readFile(path.join(to, 'package.json'), 'utf8'))
  for (const door of Object.values<Record<string, string>>(manifest.exports)) delete door['mabeam-source']
  await writeFile(path.join(to, 'package.json'), JSON.stringify(manifest))
  await compile({ rootDir: path.join(from, 'src'), outDir: path.join(to, 'dist') }, to)
}

interface Compiled {
  readonly rootDir: string
  readonly outDir: string
  /** All of `rootDir` where none are named. */
  readonly files?: readonly string[]
}

/** Checked by `npm run check`; here only made. */
async function compile({ rootDir, outDir, files }: Compiled, folder: string): Promise<void> {
  const config = path.join(folder, 'tsconfig.json')
  const compilerOptions = { rootDir, outDir, noCheck: true, declaration: false, noEmit: false }
  const exclude = [path.join(rootDir, '**', '*.test.ts'), path.join(rootDir, '**', '*.fixture.ts')]
  const taken = files === undefined ? { include: [rootDir], exclude } : { files, include: [] }
  const whole = { extends: path.join(root, 'tsconfig.build.json'), compilerOptions, ...taken }
  await writeFile(config, JSON.stringify(whole))
  await run(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', config, '--pretty', 'false'])
}
