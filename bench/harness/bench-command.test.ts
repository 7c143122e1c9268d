import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runBenches } from './bench-command.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mabeam-bench-'))
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  add(
    'actor-call',
    `return {
    metrics: { callsPerSec: quick ? 10 : 3_500_000 },
    peers: { elixir: { callsPerSec: 700_000, version: '1.14' }, erlang: null },
    peerInstalls: { erlang: 'apt install erlang' },
    ratios: { callsPerSecVsElixir: 5, callsPerSecVsErlang: null },
    runs: 5,
  }`,
  )
  add('broken', `throw new Error('no disk')`)
  writeFileSync(path.join(folder, 'run.ts'), 'throw new Error("the harness is no bench")')
})
afterEach(() => rmSync(folder, { recursive: true }))

function add(name: string, body: string) {
  const text = `export const bench = { name: '${name}', what: 'how fast', run: async ({ quick, log }) => { ${body} } }`
  writeFileSync(path.join(folder, `${name}.ts`), text)
}

async function run(...args: string[]) {
  const printed: string[] = []
  const logged: string[] = []
  const status = await runBenches(args, {
    folder,
    out: (text) => void printed.push(text),
    log: (line) => void logged.push(line),
    now: new Date('2026-01-02T03:04:05Z'),
  })
  return { status, out: printed.join(''), logged: logged.join('\n') }
}

describe('runBenches', () => {
  test('prints one line of JSON per bench and nothing else with --json', async () => {
    const { status, out, logged } = await run('actor-call', '--json', '--quick')
    expect(status).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      bench: 'actor-call',
      metrics: { callsPerSec: 10 },
      peers: { elixir: { callsPerSec: 700_000, version: '1.14' }, erlang: null },
      ratios: { callsPerSecVsElixir: 5, callsPerSecVsErlang: null },
      runs: 5,
      host: { node: process.versions.node },
    })
    expect(out.split('\n')).toHaveLength(2)
    expect(logged).toBe('bench: actor-call: erlang is not installed; install it with: apt install erlang')
  })

  test('prints a table with the peer beside us and the ratio', async () => {
    const { out } = await run('actor-call', '--quick')
    expect(out).toMatch(/metric.*mabeam.*elixir 1\.14.*ratio.*erlang \(not installed\)/)
    expect(out).toMatch(/callsPerSec.*10.*700,000.*5\.00x.*–.*–/)
  })

  test('keeps the last full run, and no quick one', async () => {
    await run('actor-call', '--quick')
    expect(existsSync(path.join(folder, 'results'))).toBe(false)
    await run('actor-call')
    expect(JSON.parse(readFileSync(path.join(folder, 'results/actor-call.json'), 'utf8'))).toMatchObject({
      date: '2026-01-02',
      metrics: { callsPerSec: 3_500_000 },
    })
    expect(readFileSync(path.join(folder, 'results/actor-call.md'), 'utf8')).toContain('| callsPerSec | 3,500,000 |')
  })

  test('runs all without a name, and fails when one fails', async () => {
    const { status, out, logged } = await run('--json', '--quick')
    expect(status).toBe(1)
    expect(JSON.parse(out).bench).toBe('actor-call')
    expect(logged).toContain('bench: broken: Error: no disk')
  })

  test('leaves out a bench whose data is not here, and fails when it was named', async () => {
    rmSync(path.join(folder, 'broken.ts'))
    const text = `export const bench = { name: 'far', what: 'x', needs: ['../data/rows.jsonl'], run: () => ({}) }`
    writeFileSync(path.join(folder, 'far.ts'), text)
    const line = 'bench: far: needs ../data/rows.jsonl, which is not here'
    expect(await run('--quick')).toMatchObject({ status: 0, logged: expect.stringContaining(line) })
    expect(await run('far', '--quick')).toMatchObject({ status: 1, out: '', logged: line })
  })

  test('names the nearest bench or option for one it does not know', async () => {
    expect(await run('actor-cal')).toMatchObject({
      status: 2,
      logged: expect.stringContaining('did you mean "actor-call"?'),
    })
    expect(await run('--jsn')).toMatchObject({ status: 2, logged: expect.stringContaining('did you mean "--json"?') })
  })

  test('runs a part of them, so that all parts together are all', async () => {
    for (const name of ['b', 'c', 'd']) add(name, 'return { metrics: {}, runs: 1 }')
    const part = async (shard: string) => {
      const { out } = await run('--list', `--shard=${shard}`)
      return [...out.matchAll(/^\S+/gm)].map(([name]) => name)
    }
    expect([await part('1/2'), await part('2/2')]).toEqual([
      ['actor-call', 'broken', 'd'],
      ['b', 'c'],
    ])
    expect(await part('1/1')).toEqual(['actor-call', 'b', 'broken', 'c', 'd'])
    expect(await part('99/99')).toEqual([])
    for (const shard of ['0/2', '3/2', '1', '1/0', '1/100', 'a/b', '']) {
      expect(await run(`--shard=${shard}`)).toMatchObject({
        status: 2,
        logged: expect.stringContaining('bench: --shard: expected such as 1/2, the first of two halves'),
      })
    }
  })

  test('lists what there is', async () => {
    const { status, out } = await run('--list')
    expect(status).toBe(0)
    expect(out).toMatch(/^actor-call +how fast\nbroken +how fast\n$/)
  })

  test('says so when a module exports no bench of its name', async () => {
    writeFileSync(path.join(folder, 'actor-cast.ts'), 'export const bench = { name: "other" }')
    expect((await run('actor-cast')).logged).toContain('expected an export "bench" with the name "actor-cast"')
  })
})
