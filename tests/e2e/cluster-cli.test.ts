/** `mabeam cluster` and `mabeam dev` as people use them: real processes, which meet on this machine with nothing installed. */

import { join, resolve } from 'node:path'
import type { ClusterStatus } from '@mabeam/foundation'
import { describe, expect, it } from 'vitest'
import { type Ended, printed, type Workplace, workplace } from './mabeam-process.ts'

const indexer = resolve(import.meta.dirname, '../../examples/05-cluster/indexer.ts')

/** A folder whose processes meet no others. */
async function meetingPlace() {
  const place = await workplace()
  const env = { MABEAM_CLUSTER: 'local', MABEAM_CLUSTER__DIRECTORY: join(place.path, 'meet') }
  return {
    place,
    start: (...args: readonly string[]) => place.start(args, env),
    run: (...args: readonly string[]) => place.run(args, env),
    status: async () => JSON.parse((await place.run(['cluster', 'status', '--json'], env)).stdout) as ClusterStatus,
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  }
}

async function interrupted({ child, ended }: ReturnType<Workplace['start']>): Promise<Ended> {
  child.kill('SIGINT')
  return await ended
}

const holderOf = ({ places }: ClusterStatus) => places.find(({ place }) => place === 'indexer')?.node

describe('mabeam cluster', () => {
  it('begins anew what engine local has kept, when it is told so and nothing runs', async () => {
    await using at = await meetingPlace()
    expect((await at.run('cluster', 'reset')).stderr).toMatch(/^mabeam: cluster reset: [^\n]*say --yes\n$/)
    const keeper = at.start('cluster', 'up', '--nodes', '1', '--program', indexer)
    await printed(keeper.child, /up: 1 node/)
    const refused = await at.run('cluster', 'reset', '--yes')
    expect(refused.stderr).toMatch(/^mabeam: the hub of [^\n]* is in process \d+; end the processes[^\n]*\n$/)
    await interrupted(keeper)
    expect((await at.run('cluster', 'reset', '--yes')).stdout).toMatch(/^removed \d+ files? of \d+ bytes from /)
    expect((await at.run('cluster', 'reset', '--yes')).stdout).toMatch(/^nothing was kept in /)
    expect(await at.run('cluster', 'reset', '--cluster', 'nats', '--yes')).toMatchObject({ status: 2, stdout: '' })
  })

  it('starts nodes that find each other, shows and steers them, and ends them all on Ctrl-C', async () => {
    await using at = await meetingPlace()
    const up = at.start('cluster', 'up', '--nodes', '2', '--program', indexer)
    await printed(up.child, /up: 2 nodes of system mabeam on engine local/)
    const before = await at.status()
    expect(before.nodes.map(({ name, presence }) => `${name} ${presence}`)).toEqual(['node-1 here', 'node-2 here'])
    const holder = holderOf(before) as string
    expect(['node-1', 'node-2']).toContain(holder)

    const drained = await at.run('cluster', 'drain', holder)
    expect(drained).toMatchObject({ status: 0, stderr: '' })
    expect(drained.stdout).toMatch(new RegExp(`^${holder} is drained after \\d+ ms; nothing is left`))
    const after = await at.status()
    expect(holderOf(after)).toBe(holder === 'node-1' ? 'node-2' : 'node-1')
    const table = (await at.run('cluster', 'status')).stdout
    expect(table).toContain('System mabeam on engine local (connected): 2 nodes')
    expect(table).toMatch(new RegExp(` ${holder} +drained `))
    expect(await at.run('cluster', 'undrain', holder)).toMatchObject({
      status: 0,
      stdout: `${holder} takes part again\n`,
    })

    const extra = at.start('cluster', 'join', '--name', 'extra')
    await printed(extra.child, /^extra of system mabeam: engine local/)
    expect((await at.status()).nodes.map(({ name }) => name)).toEqual(['extra', 'node-1', 'node-2'])
    expect(await at.run('cluster', 'leave', 'extra')).toMatchObject({ status: 0 })
    expect(await extra.ended).toMatchObject({ status: 0, signal: null })

    const { status, signal, stdout, stderr } = await interrupted(up)
    expect({ status, signal }).toEqual({ status: 0, signal: null })
    expect(stdout).toContain('node-1 | node-1 is up\n')
    for (const name of ['node-1', 'node-2']) expect(stderr).toContain(`${name} ended with status 0\n`)
  })

  it('watches a system, a line of JSON each time, until Ctrl-C', async () => {
    await using at = await meetingPlace()
    const watching = at.start('cluster', 'status', '--watch', '--json', '--every-ms', '100')
    await printed(watching.child, /"nodes":\[\]/)
    const joined = at.start('cluster', 'join', '--name', 'one')
    await printed(watching.child, /"name":"one","presence":"here"/)
    expect(await interrupted(watching)).toMatchObject({ status: 0, stderr: '' })
    expect(await interrupted(joined)).toMatchObject({ status: 0 })
  })

  it('tells of nodes that fail, starts none again, and fails with them', async () => {
    await using at = await meetingPlace()
    await at.place.write('app.mjs', 'console.log(process.env.MABEAM_NAME); process.exit(3)')
    const { status, stdout, stderr } = await at.run('cluster', 'up', '--nodes', '2', '--program', 'app.mjs')
    expect(status).toBe(1)
    expect(stdout.split('\n').toSorted()).toEqual(['', 'node-1 | node-1', 'node-2 | node-2'])
    expect(stderr.split('\n').toSorted()).toEqual(['', 'node-1 ended with status 3', 'node-2 ended with status 3'])
  })
})

describe('nodes that do not end when they are asked', () => {
  const stubborn = 'process.on("SIGTERM", () => console.log("asked")); setInterval(() => {}, 1e6); console.log("here")'

  it('are killed after their time, and that is told', async () => {
    await using at = await meetingPlace()
    await at.place.write('app.mjs', stubborn)
    const up = at.start('cluster', 'up', '--nodes', '1', '--grace-ms', '50', '--program', 'app.mjs')
    await printed(up.child, /here/)
    const { status, stderr } = await interrupted(up)
    expect(stderr).toContain('node-1 ended by SIGKILL\n')
    expect(status).toBe(1)
  })

  it('are killed at once by a second Ctrl-C', async () => {
    await using at = await meetingPlace()
    await at.place.write('app.mjs', stubborn)
    const up = at.start('cluster', 'up', '--nodes', '1', '--grace-ms', '600000', '--program', 'app.mjs')
    await printed(up.child, /here/)
    const asked = printed(up.child, /asked/)
    up.child.kill('SIGINT')
    await asked
    expect(await interrupted(up)).toMatchObject({ status: 1 })
  })
})

describe('mabeam dev', () => {
  it('runs a program, and ends as it does', async () => {
    await using place = await workplace()
    await place.write('app.mjs', 'console.log("at work"); process.exit(3)')
    expect(await place.run(['dev', 'app.mjs'])).toMatchObject({ status: 3, stdout: 'at work\n', stderr: '' })
  })

  it('runs it again when its file changes, until Ctrl-C', async () => {
    await using place = await workplace()
    await place.write('app.mjs', 'console.log("first")')
    const watching = place.start(['dev', 'app.mjs', '--watch'])
    // By then it knows which files to watch: a change just after the first line could be before that.
    await printed(watching.child, /first.*Waiting for file changes/s)
    const again = printed(watching.child, /second/)
    await place.write('app.mjs', 'console.log("second")')
    await again
    expect(await interrupted(watching)).toMatchObject({ status: 0 })
  })
})

interface Mistake {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly files?: { readonly [name: string]: string }
  readonly status: 1 | 2
  readonly says: readonly string[]
}

const noServer = { PATH: '', XDG_CACHE_HOME: '/nowhere', MABEAM_NATS_SERVER: '' }
const mistakes: readonly Mistake[] = [
  { name: 'no part of it', args: ['cluster', 'stats'], status: 2, says: ['stats', 'status'] },
  {
    name: 'a cluster that is none',
    args: ['cluster', 'status', '--cluster', 'locl'],
    status: 2,
    says: ['locl', 'local'],
  },
  { name: 'too many nodes', args: ['cluster', 'up', '--nodes', '51'], status: 2, says: ['nodes', '50', '51'] },
  { name: 'no node', args: ['cluster', 'up', '--nodes', '0'], status: 2, says: ['nodes', '1', '0'] },
  { name: 'a program that is not there', args: ['cluster', 'up', '--program', 'no.ts'], status: 1, says: ['no.ts'] },
  { name: 'a node that is not there', args: ['cluster', 'drain', 'ghost'], status: 1, says: ['ghost'] },
  { name: 'a node without a name', args: ['cluster', 'leave'], status: 2, says: ['node'] },
  { name: 'a name that is none', args: ['cluster', 'undrain', 'a.b'], status: 2, says: ['a.b', 'letters'] },
  {
    name: 'production that does not say by what nodes meet',
    args: ['cluster', 'status'],
    env: { MABEAM_PROFILE: 'production', MABEAM_CLUSTER: undefined, MABEAM_CLUSTER__DIRECTORY: undefined },
    status: 2,
    says: ['cluster', 'production', 'nats, kubernetes', 'MABEAM_CLUSTER'],
  },
  {
    name: 'a system of one process',
    args: ['cluster', 'status'],
    env: { MABEAM_CLUSTER: 'none', MABEAM_CLUSTER__DIRECTORY: undefined },
    status: 2,
    says: ['"none"', '--cluster local'],
  },
  {
    name: 'a broken file of configuration',
    args: ['cluster', 'status'],
    files: { 'mabeam.config.json': '{"cluster": {"kind": "nats", "server": "a"}}' },
    status: 2,
    says: ['mabeam.config.json', 'cluster.server', 'cluster.servers'],
  },
  { name: 'nothing to run', args: ['dev'], status: 2, says: ['program', '--nats'] },
  { name: 'a network without a server', args: ['dev', 'a.ts', '--lan'], status: 2, says: ['--lan', '--nats'] },
  { name: 'nothing to watch', args: ['dev', '--nats', '--watch'], status: 2, says: ['--watch', 'program'] },
  {
    name: 'no nats-server to start',
    args: ['dev', '--nats'],
    env: noServer,
    status: 1,
    says: ['nats-server', 'install'],
  },
  {
    name: 'no nats-server for nodes',
    args: ['cluster', 'up', '--engine', 'nats'],
    env: noServer,
    status: 1,
    says: ['install'],
  },
]

describe('mabeam cluster and dev, called wrongly', () => {
  it.each(mistakes)('$name: exit status $status', async ({ args, env = {}, files = {}, status, says }) => {
    await using place = await workplace()
    for (const [name, text] of Object.entries(files)) await place.write(name, text)
    const here = { MABEAM_CLUSTER: 'local', MABEAM_CLUSTER__DIRECTORY: join(place.path, 'meet') }
    const ended = await place.run(args, { ...here, ...env })
    for (const words of says) expect(ended.stderr).toContain(words)
    expect(ended.stderr).not.toMatch(/\n\s+at /)
    expect(ended.stderr.trim().split('\n').length).toBeLessThanOrEqual(3)
    expect(ended.stdout).toBe('')
    expect(ended.status).toBe(status)
  })
})
