/** A program that starts another one, prints its process id, and waits to be killed. */

import { guardedProcess } from './guarded-process.ts'

const child = await guardedProcess('sleep', { args: ['600'] })
process.stdout.write(`${child.pid}\n`)
await child.ended
