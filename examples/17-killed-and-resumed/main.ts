/**
 * A tuning is killed in the middle of its work, and another process goes on with it: what had been answered is not asked again, and the
 * winner is the one of a tuning that nothing interrupts. The model is a server in this process, which counts what it is asked.
 */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { serveLocal } from '@mabeam/dspx'
import { concurrency, tune } from './tuning.ts'

await using server = await serveLocal()
const folder = await mkdtemp(join(tmpdir(), 'resumed-'))

const whole = await tune(server.baseUrl, join(folder, 'whole'))
const wholeCalls = server.requests.answered
console.log(`at one go: ${wholeCalls} calls, candidate ${whole.winner} wins`)

// The same in a process of its own, which has no time to say goodbye: SIGKILL once 100 rows are tried.
const program = join(import.meta.dirname, 'tuning.ts')
const child = spawn(process.execPath, [...process.execArgv, program, server.baseUrl, join(folder, 'killed')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise((done) => child.on('close', (status, signal) => done(signal ?? `status ${status}`)))
for await (const rows of createInterface(child.stdout)) if (Number(rows) >= 100) child.kill('SIGKILL')
const killedCalls = server.requests.answered - wholeCalls
console.log(`killed: ended by ${await ended} after ${killedCalls} calls`)

// The folder is all that is left of it, and all that is needed.
const resumed = await tune(server.baseUrl, join(folder, 'killed'))
const resumedCalls = server.requests.answered - wholeCalls - killedCalls
const { rows = 0, unknown } = resumed.resumed ?? {}
console.log(`resumed: ${rows} rows were there, ${resumedCalls} calls more, candidate ${resumed.winner} wins`)

// Calls that were under way when it died may have been made, and paid: they are reported, and made again.
const twice = killedCalls + resumedCalls - wholeCalls
console.log(`asked twice: no more than the ${concurrency} calls that go out at once: ${twice <= concurrency}`)
if (unknown === undefined || resumed.winner !== whole.winner || twice > concurrency) process.exitCode = 1
await rm(folder, { recursive: true })
