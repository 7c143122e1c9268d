/** Several processes of one project on the engine `local`: requests beside a bare echo on a socket, take-over, and what a process costs. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasCode, local, seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'
import { median } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { programFigures } from './harness/child-process.ts'

const program = path.join(import.meta.dirname, 'programs', 'engine-local.ts')

interface Round {
  readonly requestsPerSec64: number
  readonly putsPerSec64: number
  readonly echoPerSec64: number
  readonly formationMs: number
  readonly takeoverMs: number
}

export const bench: Bench = {
  name: 'engine-local',
  what: '64 B requests with 64 in flight, process to hub to process and back, beside an echo of one socket; how long a killed hub is missed',
  target: 'requestsPerSec64VsSocketEcho ≥ 0.7; takeoverMs < 250',
  async run({ quick, log }: BenchOptions): Promise<BenchResult> {
    const count = quick ? 1 : 5
    const seconds = quick ? '0.3' : '2'
    const rounds: Round[] = []
    for (let i = 1; i <= count; i++) {
      const one = await inFolder((folder) => round(folder, seconds))
      rounds.push(one)
      log(
        `round ${i} of ${count}: ${Math.round(one.requestsPerSec64)} requests/s, take-over ${one.takeoverMs.toFixed(1)} ms`,
      )
    }
    const middle = (figure: (one: Round) => number) => median(rounds.map(figure))
    return {
      metrics: {
        requestsPerSec64: middle((one) => one.requestsPerSec64),
        putsPerSec64: middle((one) => one.putsPerSec64),
        takeoverMs: middle((one) => one.takeoverMs),
        formationMs3: middle((one) => one.formationMs),
      },
      rows: rounds.map((one, i) => ({ round: i + 1, ...one })),
      peers: { socketEcho: { version: process.versions.node, requestsPerSec64: middle((one) => one.echoPerSec64) } },
      ratios: { requestsPerSec64VsSocketEcho: middle((one) => one.requestsPerSec64 / one.echoPerSec64) },
      runs: count,
    }
  },
}

async function round(folder: string, seconds: string): Promise<Round> {
  await using children = new Children()
  const beganMs = performance.now()
  // All start at once, as in three terminals: one of them comes to hold the hub.
  await Promise.all(['hold', 'hold', 'answer'].map((role) => children.start(role, folder)))
  const formationMs = performance.now() - beganMs
  const figures = await programFigures('engine-local', ['ask', folder, seconds])
  const socket = path.join(folder, 'echo.sock')
  const echo = await children.start('echo', socket)
  const { requestsPerSec: echoPerSec64 } = await programFigures('engine-local', ['ask-echo', socket, seconds])
  echo.kill()
  return {
    requestsPerSec64: Number(figures.requestsPerSec),
    putsPerSec64: Number(figures.putsPerSec),
    echoPerSec64: Number(echoPerSec64),
    formationMs,
    takeoverMs: await takeOver(folder, children.all),
  }
}

/** From the kill of the process with the hub to a write that another one acknowledged. */
async function takeOver(folder: string, children: readonly ChildProcess[]): Promise<number> {
  const { pid } = JSON.parse(await readFile(path.join(folder, 'hub.log.lock'), 'utf8')) as { readonly pid: number }
  const hub = children.find((one) => one.pid === pid)
  if (hub === undefined) throw new Error(`expected the hub in one of the processes started, got it in ${pid}`)
  await using engine = await local({ directory: folder })({
    system: 'bench',
    name: 'writer',
    clock: systemClock,
    random: seededRandom('writer'),
    telemetry: silentTelemetry,
  })
  const state = await engine.state('takeover')
  await state.put('key', new Uint8Array(8))
  const away = new Promise<void>((resolve) => void engine.onStatus((status) => status === 'disconnected' && resolve()))
  // What was on its way to the hub that died is asked again.
  const write = (): Promise<number> =>
    state.put('key', new Uint8Array(8)).catch((thrown) => {
      if (hasCode(thrown, 'foundation/engine-unavailable')) return write()
      throw thrown
    })
  const beganMs = performance.now()
  hub.kill('SIGKILL')
  await away
  await write()
  return performance.now() - beganMs
}

/** Processes of a round, none of which outlives it. */
class Children implements AsyncDisposable {
  readonly all: ChildProcess[] = []

  /** One that has said that it is ready. */
  async start(role: string, place: string): Promise<ChildProcess> {
    const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit']
    const child = spawn(process.execPath, ['--conditions=mabeam-source', program, role, place], { stdio })
    this.all.push(child)
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve)
      child.once('exit', (code) => reject(new Error(`${role} ended with ${code}`)))
    })
    return child
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const living = this.all.filter((one) => one.exitCode === null && one.signalCode === null)
    await Promise.all(
      living.map((one) => {
        const gone = new Promise((resolve) => one.once('exit', resolve))
        one.kill('SIGKILL')
        return gone
      }),
    )
  }
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mabeam-bench-'))
  try {
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
