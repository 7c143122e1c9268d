import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ranCommand } from './ran-command.fixture.ts'

let folder: string

function study(...args: readonly string[]) {
  const env = { PATH: process.env.PATH, MABEAM_HOME: join(folder, 'home') }
  return ranCommand(['study', ...args], { cwd: folder, env })
}

const command = ['--space', 'space.json', '--objectives', 'accuracy:max']

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mabeam-study-'))
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const variables = { lr: { type: 'float', min: 1e-5, max: 1, log: true }, layers: { type: 'int', min: 1, max: 4 } }
  file('space.json', JSON.stringify(variables))
  file('tune.ts', 'no json')
  file('five.mjs', 'export default 5')
  file('typo.mjs', 'export default { objectve: {} }')
  file('broken.mjs', 'throw new Error("no data")')
  const two = ['--space', 'space.json', '--objectives', 'loss:min,costUsd:min', '--limits', 'layers<=3']
  const script = 'echo "{\\"loss\\": {lr}, \\"costUsd\\": 1{layers}, \\"layers\\": {layers}}"'
  const flags = ['--budget', '12', '--parallel', '4', '--deterministic', '--sampler', 'random', '--study', 'two']
  const { status, stderr } = await study('run', ...two, ...flags, '--', 'sh', '-c', script)
  if (status !== 0) throw new Error(stderr)
})
afterAll(() => rmSync(folder, { recursive: true }))

const plots = ['history', 'hypervolume', 'front', 'parallel', 'importance', 'slice', 'contour', 'edf', 'timeline']

describe('mabeam study show', () => {
  test.each(plots)('gives the plot %s as text, as data, and for the web', async (plot) => {
    const text = await study('show', 'two', '--plot', plot)
    expect([text.status, text.stdout.split('\n').length > 2]).toEqual([0, true])
    expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(JSON.parse((await study('show', 'two', '--plot', plot, '--json')).stdout)).toHaveProperty('title')
    expect(JSON.parse((await study('show', 'two', '--plot', plot, '--vega')).stdout).$schema).toContain('vega-lite')
  })

  test('gives objective, variables and logarithms to the plots that take them', async () => {
    const json = async (...flags: string[]) => JSON.parse((await study('show', 'two', '--json', ...flags)).stdout)
    expect(JSON.stringify(await json('--plot', 'history', '--objective', 'costUsd'))).toContain('costUsd')
    expect((await json('--plot', 'slice', '--variables', 'layers')).panels).toHaveLength(1)
    expect(JSON.stringify(await json('--plot', 'edf', '--log'))).toContain('"log"')
    const contour = JSON.stringify(await json('--plot', 'contour', '--variables', 'layers,lr'))
    expect(contour).not.toBe(JSON.stringify(await json('--plot', 'contour', '--variables', 'lr,layers')))
  })

  test('tells the best within the limits, with what is expected, and the explanation when it is asked for', async () => {
    const { best, front, explanation } = JSON.parse((await study('show', 'two', '--json', '--explain')).stdout)
    expect(best.values.layers).toBeLessThanOrEqual(3)
    expect(best.expected.loss.ci95).toHaveLength(2)
    expect(front.length).toBeGreaterThan(0)
    expect(explanation).toContain('Best: trial')
  })
})

describe('mabeam study importance', () => {
  test.each(['fanova', 'permutation'])('ranks variables by %s', async (method) => {
    const { stdout } = await study('importance', 'two', '--method', method, '--objective', 'costUsd', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      method,
      objective: 'costUsd',
      importance: [{ variable: 'layers' }, { variable: 'lr' }],
    })
    expect((await study('importance', 'two', '--method', method)).stdout).toContain('Importance for loss')
  })
})

test('mabeam study importance asks for the best alone by ped-anova', async () => {
  const { stdout } = await study('importance', 'two', '--method', 'ped-anova', '--json')
  const { importance } = JSON.parse(stdout) as { readonly importance: readonly { readonly value: number }[] }
  expect(importance.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1)
})

describe('mabeam study list', () => {
  test('lists studies with a journal that can be read, and says of others why they can not', async () => {
    await study('run', ...command, '--budget', '1', '--study', 'torn', '--', 'echo', '1')
    writeFileSync(join(folder, 'home', 'studies', 'torn', 'journal.jsonl'), 'no journal\n')
    const { studies } = JSON.parse((await study('list', '--json')).stdout)
    const named = (name: string) => studies.find((one: { readonly study: string }) => one.study === name)
    expect(named('torn').error).toContain('journal.jsonl')
    expect(named('two')).toMatchObject({ trials: 12, failed: 0, pending: 0, objective: 'loss', state: 'finished' })
    expect((await study('list')).stdout).toMatch(/two +12 +0 +0 +loss \S+ +finished +20/)
  })

  test('says which studies have ended, as far as anything tells', async () => {
    const state = async () => {
      const { studies } = JSON.parse((await study('list', '--json')).stdout)
      return studies.find((one: { readonly study: string }) => one.study === 'states').state
    }
    await study('run', ...command, '--budget', '2', '--study', 'states', '--', 'echo', '1')
    const at = join(folder, 'home', 'studies', 'states')
    const run = JSON.parse(readFileSync(join(at, 'run.json'), 'utf8'))
    const put = (file: string, json: object) => writeFileSync(join(at, file), JSON.stringify(json))
    expect(await state()).toBe('finished')
    put('run.json', { ...run, budget: 3 })
    expect(await state()).toBe('open')
    put('run.json', { ...run, budget: 3, stops: { stagnationTrials: 2 } })
    expect(await state()).toBe(null)
    rmSync(join(at, 'run.json'))
    expect([await state(), (await study('list')).stdout]).toEqual([null, expect.stringMatching(/states .* – +20/)])
    put('request.json', {})
    expect(await state()).toBe('open')
    for (const [trials, is] of [
      [1, 'open'],
      [2, 'finished'],
    ] as const) {
      put('result.json', { version: 2, trials })
      expect(await state()).toBe(is)
    }
  })
})

describe('mabeam study run', () => {
  test('ends a mistake with a line of JSON where that is asked for', async () => {
    const { status, stdout, stderr } = await study('show', 'two', '--plot', 'edf', '--json', '--vega')
    expect([status, JSON.parse(stdout).error.code]).toEqual([2, 'mabeam/usage'])
    expect(stderr).toContain('one of --vega and --json')
  })

  const mistakes: readonly { name: string; args: readonly string[]; status: 1 | 2; says: RegExp }[] = [
    {
      name: 'no file',
      args: ['run', 'nowhere.ts'],
      status: 1,
      says: /nowhere\.ts: expected the file of a study, found none/,
    },
    { name: 'nothing', args: ['run'], status: 2, says: /expected a file, or --space and a command/ },
    {
      name: 'a space without objectives',
      args: ['run', '--space', 'space.json', '--', 'true'],
      status: 2,
      says: /--objectives/,
    },
    {
      name: 'an objective without direction',
      args: ['run', '--space', 'space.json', '--objectives', 'accuracy', '--', 'true'],
      status: 2,
      says: /name:max or name:min/,
    },
    {
      name: 'a space that is no JSON',
      args: ['run', '--space', 'tune.ts', '--objectives', 'a:max', '--', 'true'],
      status: 2,
      says: /tune\.ts: expected a space as JSON/,
    },
    {
      name: 'a command that fails',
      args: ['run', ...command, '--failures-max', '0', '--', 'false'],
      status: 1,
      says: /false: ended with status 1/,
    },
    {
      name: 'a command that says no numbers',
      args: ['run', ...command, '--failures-max', '0', '--', 'echo', 'well'],
      status: 1,
      says: /expected it to print the values as JSON.*"well"/,
    },
    { name: 'a study that is not there', args: ['show', 'nothing'], status: 2, says: /no study "nothing" here/ },
    {
      name: 'a sampler that is not there',
      args: ['run', 'tune.ts', '--sampler', 'best'],
      status: 2,
      says: /adaptive, bandit/,
    },
    {
      name: 'a duration without unit',
      args: ['run', 'tune.ts', '--stop-after', '10'],
      status: 2,
      says: /such as 90s, 10m or 2h/,
    },
    {
      name: 'a fixed option at a resume',
      args: ['run', '--resume', 'x', '--seed', '3'],
      status: 2,
      says: /goes on with the seed/,
    },
    {
      name: 'a plot that takes no such option',
      args: ['show', 'x', '--plot', 'edf', '--variables', 'a'],
      status: 2,
      says: /edf takes no --variables/,
    },
    {
      name: 'a file that exports no study',
      args: ['run', 'five.mjs'],
      status: 1,
      says: /five\.mjs: expected the default export to be .* got 5/,
    },
    { name: 'a key that is none', args: ['run', 'typo.mjs'], status: 2, says: /did you mean "objectives"/ },
    {
      name: 'a file that throws',
      args: ['run', 'broken.mjs'],
      status: 1,
      says: /broken\.mjs: the file of the study could not be loaded: no data/,
    },
    {
      name: 'two files',
      args: ['run', 'five.mjs', 'more.mjs'],
      status: 2,
      says: /expected one file, got "more\.mjs" too/,
    },
    {
      name: 'objectives of a file',
      args: ['run', 'five.mjs', '--objectives', 'a:max'],
      status: 2,
      says: /a file says its objectives itself/,
    },
    { name: 'no command', args: ['run', ...command], status: 2, says: /expected a command behind --/ },
    { name: 'a budget of none', args: ['run', 'five.mjs', '--budget', '0'], status: 2, says: /an integer from 1/ },
    {
      name: 'a limit that is none',
      args: ['run', ...command, '--limits', 'a=3', '--', 'true'],
      status: 2,
      says: /--limits: expected/,
    },
    {
      name: 'a name that leaves the folder',
      args: ['run', ...command, '--study', '..', '--', 'true'],
      status: 2,
      says: /study: expected letters/,
    },
    {
      name: 'a study that exists',
      args: ['run', ...command, '--study', 'two', '--', 'true'],
      status: 2,
      says: /"two" exists; go on with it by --resume two/,
    },
    {
      name: 'a study to go on with that is not there',
      args: ['run', '--resume', 'nothing'],
      status: 2,
      says: /no study "nothing" here; known: .*two/,
    },
    {
      name: 'an importance of no objective',
      args: ['importance', 'two', '--objective', 'lost'],
      status: 2,
      says: /did you mean "loss"/,
    },
    { name: 'an option without its plot', args: ['show', 'two', '--log'], status: 2, says: /--log is of a plot/ },
    {
      name: 'a contour of one variable',
      args: ['show', 'two', '--plot', 'contour', '--variables', 'lost,lr'],
      status: 2,
      says: /lost/,
    },
  ]
  test.each(mistakes)('says in one sentence what is wrong: $name', async ({ args, status, says }) => {
    const { stderr, status: got, stdout } = await study(...args)
    expect([got, stdout, stderr]).toEqual([status, '', expect.stringMatching(says)])
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test.each([
    ['stagnation', ['--stop-stagnation', '3'], 4],
    ['cost', ['--stop-cost', 'accuracy:5'], 5],
    ['expected-gain', ['--stop-gain', '0.5'], 20],
    ['time', ['--stop-after', '1ms'], 20],
    ['budget', ['--repeats', '2'], 20],
  ])('ends by %s', async (ended, flags, most) => {
    const fixed = ['--budget', '20', '--sampler', 'random', '--json', '--study', `ends-by-${ended}`]
    const { stdout, status } = await study('run', ...command, ...fixed, ...flags, '--', 'echo', '1')
    const found = JSON.parse(stdout)
    expect([status, found.ended, found.trials <= most]).toEqual([0, ended, true])
  })

  test('goes on with what may change at a resume, and keeps the rest', async () => {
    const begin = [
      '--budget',
      '2',
      '--seed',
      '9',
      '--sampler',
      'qmc',
      '--stop-stagnation',
      '50',
      '--study',
      'kept',
      '--json',
    ]
    await study('run', ...command, ...begin, '--', 'echo', '1')
    const { stdout } = await study('run', '--resume', 'kept', '--budget', '5', '--parallel', '2', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ trials: 5, trialsThisRun: 3 })
    const request = JSON.parse(readFileSync(join(folder, 'home', 'studies', 'kept', 'run.json'), 'utf8'))
    expect(request).toMatchObject({
      budget: 5,
      parallel: 2,
      seed: 9,
      sampler: 'qmc',
      stops: { stagnationTrials: 50 },
      failuresMax: 10,
    })
  })
})
