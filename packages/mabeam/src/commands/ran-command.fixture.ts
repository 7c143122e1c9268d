/** The command line run in this process. */

import { systemClock } from '@mabeam/foundation'
import { runCli } from '../cli.ts'

interface RanPlace {
  readonly cwd: string
  readonly env?: { readonly [name: string]: string | undefined }
}

/** What was printed, and the exit status. */
export async function ranCommand(args: readonly string[], { cwd, env = {} }: RanPlace) {
  const [out, errors]: [string[], string[]] = [[], []]
  const status = await runCli(args, {
    stdin: (async function* () {})(),
    stdout: { write: (text) => void out.push(text) },
    stderr: { write: (text) => void errors.push(text) },
    env,
    cwd,
    clock: systemClock,
    onInterrupt: () => {},
  })
  return { status, stdout: out.join(''), stderr: errors.join('') }
}
