/** `npm run -s bench -- NAME… [--json] [--quick] [--list] [--shard=1/2]`: runs the benches named, or all, or a part of them. */

import { runBenches } from './harness/bench-command.ts'

process.exitCode = await runBenches(process.argv.slice(2), {
  folder: import.meta.dirname,
  out: (text) => void process.stdout.write(text),
  log: (line) => void process.stderr.write(`${line}\n`),
  now: new Date(),
})
