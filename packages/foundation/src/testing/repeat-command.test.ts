import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const fixture = fileURLToPath(new URL('repeat-command.fixture.ts', import.meta.url))
const program = `'${process.execPath}' --conditions=mabeam-source '${fixture}'`

interface Ended {
  readonly code: number
  readonly said: string
}

function shell(command: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], (thrown, stdout) => {
      resolve({ code: thrown === null ? 0 : Number(thrown.code), said: stdout })
    })
  })
}

/** The one line that a user copies. */
function commandOf(said: string): string {
  return (
    said
      .split('\n')
      .find((line) => line.startsWith('repeat: '))
      ?.slice('repeat: '.length) ?? ''
  )
}

// skip: the command is one for a shell of POSIX
test.skipIf(process.platform === 'win32')(
  'the command that a failing simulation prints repeats the same failure',
  async () => {
    const command = `${program} "again"`
    const first = await shell(`${program} '${command.replaceAll("'", `'\\''`)}'`)
    expect(first.code).toBe(1)
    expect(commandOf(first.said)).toContain('MABEAM_SIM_SEED=')
    const again = await shell(commandOf(first.said))
    expect(again.code).toBe(1)
    const failure = (said: string) => said.split('\nrepeat: ')[0]
    expect(failure(again.said)).toBe(failure(first.said))
  },
)
