/** Runs the real command line as a process of its own, in a folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const bin = resolve(import.meta.dirname, '../../packages/mabeam/bin/mabeam.mjs')

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder for one test with its `.mabeam`; disposing kills what still runs there, and removes it. */
export interface Workplace extends AsyncDisposable {
  readonly path: string
  readonly home: string
  write(name: string, text: string): Promise<string>
  /** Starts the command line; `ended` resolves when it is over. */
  start(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): { readonly child: ChildProcess; readonly ended: Promise<Ended> }
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended>
}

export async function workplace(): Promise<Workplace> {
  const path = await mkdtemp(join(tmpdir(), 'mabeam-e2e-'))
  const home = join(path, '.mabeam')
  const running = new Set<ChildProcess>()
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: path,
      env: { ...process.env, MABEAM_HOME: home, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    return { child, ended: ended(child) }
  }
  const dispose = async () => {
    const exits = [...running].map((child) => once(child, 'exit'))
    for (const child of running) child.kill('SIGKILL')
    await Promise.all(exits)
    await rm(path, { recursive: true, force: true })
  }
  return {
    path,
    home,
    write: async (name, text) => {
      await writeFile(join(path, name), text)
      return join(path, name)
    },
    start,
    run: (args, env) => start(args, env).ended,
    [Symbol.asyncDispose]: dispose,
  }
}

function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((done) => {
    child.on('close', (status, signal) => done({ status, signal, stdout, stderr }))
  })
}

/** Resolves with what the pattern captured, as soon as the process has printed that; fails with all it printed when it ends before. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = ''
  return new Promise((done, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (more: string) => {
        text += more
        const found = pattern.exec(text)
        if (found) done(found[1] ?? found[0])
      })
    }
    child.once('close', () => fail(new Error(`expected ${pattern}, got ${text}`)))
  })
}

/** The folder of the shipped example. */
export const triageFolder = resolve(import.meta.dirname, '../../examples/01-triage')
