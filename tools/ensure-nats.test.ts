import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureNats } from './ensure-nats.mjs'

let folder: string
let said: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-ensure-'))
  said = []
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** A program of ours in a folder of the path: a script of the shell. */
async function program(where: string, name: string, script: string): Promise<string> {
  const file = join(folder, where, name)
  await mkdir(join(folder, where), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  return file
}

function server(where: string, version: string): Promise<string> {
  return program(where, 'nats-server', `echo "nats-server: v${version}"`)
}

/** With these folders as its path and nothing else on it. */
function ensure(folders: readonly string[], more: NodeJS.ProcessEnv = {}): string {
  const path = folders.map((one) => join(folder, one)).join(delimiter)
  const env = { PATH: path, XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder, ...more }
  return ensureNats({ env, say: (line: string) => said.push(line) })
}

const cached = () => join(folder, 'cache', 'mabeam', 'nats-server')

/** A Go whose `install` puts a server of that version where it is told to. */
function go(version: string): Promise<string> {
  const make = `/bin/cat > "$GOBIN/nats-server" <<'END'\n#!/bin/sh\necho "nats-server: v${version}"\nEND\n/bin/chmod 755 "$GOBIN/nats-server"`
  const env = `[ "$1" = env ] && printf '\\n%s\\n' "${folder}/gopath"`
  return program('go', 'go', `${env}\n[ "$1" = install ] && { ${make}\n}\ntrue`)
}

// skip: the programs of these tests are scripts of the shell
describe.skipIf(process.platform === 'win32')('ensureNats', () => {
  test('takes the first on the path that is new enough, and says nothing', async () => {
    await server('old', '2.14.9')
    const fine = await server('new', '2.15.0')
    await server('newer', '3.0.1')
    expect(ensure(['none', 'old', 'new', 'newer'])).toBe(fine)
    expect(said).toEqual([])
  })

  test('takes what it got before from the cache', async () => {
    await server('cache/mabeam', '2.16.3')
    expect(ensure([])).toBe(cached())
  })

  test('takes what a variable names, and refuses one that is too old or does not run', async () => {
    const fine = await server('mine', '2.15.1')
    const old = await server('old', '2.9.10')
    await server('path', '2.15.1')
    expect(ensure(['path'], { MABEAM_NATS_SERVER: fine })).toBe(fine)
    expect(() => ensure(['path'], { MABEAM_NATS_SERVER: old })).toThrow(
      `MABEAM_NATS_SERVER: expected a nats-server of 2.15 or newer, got 2.9.10 at ${old}`,
    )
    expect(() => ensure(['path'], { MABEAM_NATS_SERVER: join(folder, 'none') })).toThrow('got nothing that runs as one')
  })

  test('copies what Go has installed to the cache, and says so', async () => {
    await go('2.15.1')
    await server('gopath/bin', '2.15.4')
    expect(ensure(['go'])).toBe(cached())
    expect(said).toEqual([expect.stringContaining("found nats-server 2.15.4 among Go's programs")])
    expect(ensure([])).toBe(cached())
  })

  test('builds it with Go when it is nowhere, and leaves nothing else in the cache', async () => {
    await go('2.15.1')
    expect(ensure(['go'])).toBe(cached())
    expect(said).toEqual([
      expect.stringContaining('building nats-server 2.15.1 with Go'),
      `got nats-server 2.15.1 from Go: ${cached()}`,
    ])
    expect(await readdir(join(folder, 'cache', 'mabeam'))).toEqual(['nats-server'])
    expect(await readFile(cached(), 'utf8')).toContain('2.15.1')
  })

  test('says in one sentence how to get it where it can not', async () => {
    await program('go', 'go', 'echo "no such module" >&2; exit 1')
    const old = await server('old', '2.9.10')
    expect(() => ensure(['go', 'old'])).toThrow(
      new RegExp(
        `^expected nats-server 2.15 or newer, found none \\(${old} is 2.9.10; .*brew install nats-server.*docker`,
      ),
    )
    await go('2.9.1')
    expect(() => ensure(['go'])).toThrow('expected nats-server 2.15 or newer, got 2.9.1')
    expect(await readdir(join(folder, 'cache', 'mabeam'))).toEqual([])
  })
})
