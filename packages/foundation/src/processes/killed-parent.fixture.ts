/** A program that starts another one under a guard, prints its process id, and is killed in that very moment. */

import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { groupGuard } from './death-guard.ts'

const guard = groupGuard()
const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
guard.hold(child.pid as number)
writeSync(1, `${child.pid}\n`)
process.kill(process.pid, 'SIGKILL')
