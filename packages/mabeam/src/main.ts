/** The process: runs the CLI with this process's streams and turns its outcome into an exit status. */

import { systemClock } from '@mabeam/foundation'
import { runCli } from './cli.ts'

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  onInterrupt: (run) => {
    process.on('SIGINT', run)
    process.on('SIGTERM', run)
  },
})
