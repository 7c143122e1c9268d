/** `npm run -s bench -- NAME… [--json] [--quick] [--list]`: runs the benches named, or all. */

import { runBenches } from './harness/bench-command.ts'

process.exitCode = await runBenches(process.argv.slice(2), {
  folder: import.meta.dirname,
  out: (text) => void process.stdout.write(text),
  log: (line) => void process.stderr.write(`${line}\n`),
  now: new Date(),
})
