/** `mabeam study` as people use it: real processes, files and commands, stopped and killed. */

import { existsSync } from 'node:fs'
import { readFile, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { printed, type Workplace, workplace } from './mabeam-process.ts'
import { lastLine } from './small-study.ts'

const spaceJson = JSON.stringify({
  lr: { type: 'float', min: 1e-5, max: 1, log: true },
  layers: { type: 'int', min: 1, max: 4 },
  act: { type: 'choice', values: ['relu', 'gelu'] },
})

const studyFile = `import { choice, defineSpace, float } from '@mabeam/ml'
import { defineStudyFile } from 'mabeam'

export default defineStudyFile({
  space: defineSpace({ x: float(-5, 10), mode: choice(['plain', 'odd']) }),
  objectives: { loss: 'min', costUsd: 'min' },
  limits: [{ name: 'costUsd', atMost: 9 }],
  enqueue: [{ x: 0, mode: 'odd' }],
  evaluate: async ({ x, mode }, { seed, signal }) => {
    signal.throwIfAborted()
    return { loss: (x - 3) ** 2 + (mode === 'odd' ? 1 : 0), costUsd: Math.abs(x), seedSeen: seed % 2 }
  },
})
`

async function places(): Promise<Workplace> {
  const place = await workplace()
  await symlink(resolve(import.meta.dirname, '../../node_modules'), join(place.path, 'node_modules'))
  await place.write('space.json', spaceJson)
  await place.write('tune.ts', studyFile)
  return place
}

/** The numbers of the trials that a journal tells the end of, in its order. A torn last line was never acknowledged. */
async function toldIn(place: Workplace, study: string): Promise<number[]> {
  const text = await readFile(join(place.home, 'studies', study, 'journal.jsonl'), 'utf8').catch(() => '')
  const records = text
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as { type: string; number: number })
  return records.filter(({ type }) => type === 'tell').map(({ number }) => number)
}

/** Looks again and again; fails with what the process said when it ends before. */
async function until(
  { ended }: ReturnType<Workplace['start']>,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  let tries = 0
  let said = ''
  void ended.then(({ stderr }) => {
    said = stderr
    // What it has ended may take a moment longer.
    tries = 1_000
  })
  while (!(await holds())) {
    if (tries > 0 && tries++ > 1_100) throw new Error(`it has ended: ${said}`)
    await sleep(10)
  }
}

const command = ['--space', 'space.json', '--objectives', 'accuracy:max']

describe('mabeam study', () => {
  it('runs a file, shows what it found in words, as plots and as data, and goes on with more budget', async () => {
    await using place = await places()
    const run = await place.run(['study', 'run', 'tune.ts', '--budget', '25', '--study', 'tune', '--json'])
    expect(run.status).toBe(0)
    const found = lastLine(run.stdout)
    expect(found).toMatchObject({
      study: 'tune',
      trials: 25,
      complete: 25,
      failed: 0,
      ended: 'budget',
      trialsThisRun: 25,
    })
    expect(found.best).toMatchObject({ config: { mode: 'plain' }, state: 'complete' })
    expect((found.front as readonly unknown[]).length).toBeGreaterThan(1)

    const shown = await place.run(['study', 'show', 'tune'])
    for (const part of ['tune: 25 trials', 'Best: trial', 'Front:', 'What matters for loss', 'History of loss']) {
      expect(shown.stdout).toContain(part)
    }
    expect((await place.run(['study', 'show', 'tune', '--explain'])).stdout).toMatch(
      /^study "tune": 25 complete, .*\nBest: trial/,
    )
    const vega = await place.run(['study', 'show', 'tune', '--plot', 'front', '--vega'])
    expect(lastLine(vega.stdout)).toMatchObject({ $schema: 'https://vega.github.io/schema/vega-lite/v6.json' })
    const journal = join('.mabeam', 'studies', 'tune', 'journal.jsonl')
    expect(lastLine((await place.run(['study', 'show', journal, '--json'])).stdout)).toMatchObject({ trials: 25 })
    expect(
      lastLine((await place.run(['study', 'importance', 'tune', '--objective', 'costUsd', '--json'])).stdout),
    ).toMatchObject({
      importance: [{ variable: 'x' }, { variable: 'mode' }],
    })

    const more = await place.run(['study', 'run', '--resume', 'tune', '--budget', '28', '--json'])
    expect(more.stderr).toContain('study tune, going on after 25 finished trials')
    expect(lastLine(more.stdout)).toMatchObject({ trials: 28, trialsThisRun: 3 })
    expect(lastLine((await place.run(['study', 'list', '--json'])).stdout)).toMatchObject({
      studies: [{ study: 'tune', trials: 28, failed: 0, pending: 0, objective: 'loss' }],
    })
  })

  it('gives the same trials for the same seed, by a file as by a command', async () => {
    await using place = await places()
    await place.write(
      'eval.js',
      `process.stdin.once('data', (text) => { const { lr, layers } = JSON.parse(text); console.log('some words'); console.log(JSON.stringify({ accuracy: 1 - Math.abs(Math.log10(lr) + 3) / 5 - layers / 100 })) })`,
    )
    const configs = async (name: string, parallel: string) => {
      const flags = [
        '--budget',
        '6',
        '--seed',
        '4',
        '--parallel',
        parallel,
        '--deterministic',
        '--study',
        name,
        '--json',
      ]
      const { status, stdout } = await place.run([
        'study',
        'run',
        ...command,
        ...flags,
        '--',
        process.execPath,
        'eval.js',
      ])
      expect([status, lastLine(stdout).complete]).toEqual([0, 6])
      const text = await readFile(join(place.home, 'studies', name, 'journal.jsonl'), 'utf8')
      return text
        .split('\n')
        .filter((line) => line.includes('"ask"'))
        .map((line) => JSON.stringify(JSON.parse(line).config))
    }
    expect(await configs('one', '2')).toEqual(await configs('two', '2'))
  })

  it('stops on Ctrl-C with all that commands have started, says how to go on, and goes on', async () => {
    await using place = await places()
    const started = '(trap "echo > ended; exit" TERM; echo > hung; while :; do sleep 0.05; done) & wait'
    const script = `if [ $MABEAM_TRIAL -ge 2 ] && [ ! -e go ]; then ${started}; fi; echo {layers}`
    const run = ['study', 'run', ...command, '--budget', '6', '--study', 'stopped', '--json', '--', 'sh', '-c', script]
    const running = place.start(run)
    await until(running, () => existsSync(join(place.path, 'hung')))
    running.child.kill('SIGINT')
    const { status, stderr, stdout } = await running.ended
    expect([status, stdout]).toEqual([130, ''])
    expect(stderr).toMatch(/stopped; no finished trial is lost; go on with: npx mabeam study run --resume stopped\n$/)
    await until(running, () => existsSync(join(place.path, 'ended')))
    expect(await toldIn(place, 'stopped')).toEqual([0, 1])
    await place.write('go', '')
    const more = await place.run(['study', 'run', '--resume', 'stopped', '--json'])
    expect(lastLine(more.stdout)).toMatchObject({ trials: 6, complete: 6, trialsThisRun: 4 })
  })

  it.each([
    ['a second Ctrl-C', ['SIGINT', 'SIGINT']],
    ['kill -9', ['SIGKILL']],
  ] as const)('leaves no command behind after %s, also one that does not listen', async (_, signals) => {
    await using place = await places()
    const deaf = "trap '' TERM INT; while :; do echo > beat; sleep 0.05; done"
    const beat = join(place.path, 'beat')
    const running = place.start(['study', 'run', ...command, '--study', 'deaf', '--', 'sh', '-c', deaf])
    await until(running, () => existsSync(beat))
    for (const signal of signals) {
      running.child.kill(signal)
      await sleep(200)
    }
    await running.ended
    await until(running, async () => {
      await rm(beat, { force: true })
      await sleep(200)
      return !existsSync(beat)
    })
  })

  it('loses no finished trial and counts none twice when it is killed with SIGKILL', async () => {
    await using place = await places()
    const begin = [
      'study',
      'run',
      ...command,
      '--budget',
      '40',
      '--parallel',
      '3',
      '--study',
      'killed',
      '--json',
      '--',
      'sh',
      '-c',
      // It does not come to its end before it is killed, however late that is.
      'while [ $MABEAM_TRIAL -ge $(cat until) ]; do sleep 0.05; done; echo 0.{layers}',
    ]
    let before: number[] = []
    for (const least of [4, 16, 28]) {
      await place.write('until', String(least + 8))
      const began = existsSync(join(place.home, 'studies', 'killed', 'journal.jsonl'))
      const running = place.start(began ? ['study', 'run', '--resume', 'killed', '--json'] : begin)
      await until(running, async () => (await toldIn(place, 'killed')).length >= least)
      running.child.kill('SIGKILL')
      await running.ended
      const now = await toldIn(place, 'killed')
      expect(now.slice(0, before.length)).toEqual(before)
      before = now
    }
    await place.write('until', '40')
    const { status, stdout, stderr } = await place.run(['study', 'run', '--resume', 'killed', '--json'])
    expect(status).toBe(0)
    expect(stderr).toContain(`going on after ${before.length} finished`)
    expect(lastLine(stdout)).toMatchObject({ trials: 40, complete: 40, trialsThisRun: 40 - before.length })
    const numbers = await toldIn(place, 'killed')
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  it('can be looked at while it runs, and is not run twice at once', async () => {
    await using place = await places()
    const script = '[ $MABEAM_TRIAL -ge 3 ] && sleep 600; echo 1'
    const flags = ['--budget', '10', '--study', 'busy']
    const { child, ended } = place.start(['study', 'run', ...command, ...flags, '--', 'sh', '-c', script])
    await printed(child, /trial 3\/10/)
    expect((await place.run(['study', 'show', 'busy'])).stdout).toContain('busy: 3 trials')
    const second = await place.run(['study', 'run', '--resume', 'busy'])
    expect([second.status, second.stderr]).toEqual([1, expect.stringContaining(`process ${child.pid}`)])
    child.kill('SIGINT')
    expect((await ended).status).toBe(130)
  })
})
