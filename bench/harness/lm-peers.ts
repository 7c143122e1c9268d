/** The peers of LM programs, each in a process of its own, and an endpoint that all may be pointed at. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { commandFigures, type ProcessFigures } from './child-process.ts'
import { LineProcess } from './line-process.ts'
import { npmPeerInstall } from './npm-peers.ts'

const folder = path.resolve(import.meta.dirname, '..')
const axFolder = path.join(folder, 'peers', 'ax')
const python = process.env.MABEAM_BENCH_PYTHON ?? 'python3'

/** How peers are installed; what is found is shown as what it is. */
export const lmPeerInstalls = {
  ax: npmPeerInstall('ax'),
  dspy: 'python3 -m venv ~/dspy && ~/dspy/bin/pip install dspy==3.4.1, then MABEAM_BENCH_PYTHON=~/dspy/bin/python',
} as const

export type LmPeer = keyof typeof lmPeerInstalls

/** Those that are installed. `MABEAM_BENCH_PYTHON` says which Python; `python3` without it. */
export async function installedLmPeers(): Promise<readonly LmPeer[]> {
  const ax = existsSync(path.join(axFolder, 'node_modules', '@ax-llm', 'ax', 'package.json'))
  return [...(ax ? (['ax'] as const) : []), ...((await hasDspy()) ? (['dspy'] as const) : [])]
}

/** What `calls` of the peer prints. */
export async function lmPeerFigures(peer: LmPeer, args: readonly string[]): Promise<ProcessFigures> {
  const [command, [program]] = lmPeerCommand(peer, 'calls')
  return await commandFigures(command, [program, ...args])
}

/** How a program of the peer is started. */
export function lmPeerCommand(peer: LmPeer, program: string): readonly [command: string, args: readonly [string]] {
  if (peer === 'ax') return [process.execPath, [path.join(axFolder, `${program}.mjs`)]]
  return [python, [path.join(folder, 'peers', 'dspy', `${program}.py`)]]
}

/** An OpenAI-compatible endpoint that answers at once. */
export interface LmEndpoint extends AsyncDisposable {
  readonly url: string
}

/** Starts `bench/programs/lm-endpoint.ts`. */
export async function lmEndpoint(): Promise<LmEndpoint> {
  const program = path.join(folder, 'programs', 'lm-endpoint.ts')
  const child = new LineProcess(process.execPath, ['--conditions=mabeam-source', program])
  const { url } = (await child.next()) as { readonly url: string }
  return { url, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

async function hasDspy(): Promise<boolean> {
  const code = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("dspy") is None)'
  try {
    await promisify(execFile)(python, ['-c', code])
    return true
  } catch {
    return false
  }
}
