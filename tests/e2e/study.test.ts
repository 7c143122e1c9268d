/** Whole studies by the real command line: results, resume after every way of ending, and one study at a time. */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StudyResult } from 'mabeam'
import { describe, expect, it } from 'vitest'
import { printed, workplace } from './mabeam-process.ts'
import { endedTrials, lastLine, smallStudy } from './small-study.ts'

describe('mabeam optimize', () => {
  it('ends with one line of JSON that holds what was asked for, and an artefact that runs', async () => {
    await using place = await workplace()
    const { status, stdout, stderr } = await place.run(await smallStudy(place))
    expect(stderr).toContain('candidate 12/12')
    expect(status).toBe(0)
    const result = lastLine(stdout)
    expect(result).toMatchObject({ study: 'small', seed: 7, trials: 12, failedTrials: 0 })
    for (const key of ['seconds', 'baseline', 'best', 'front', 'config', 'artefact']) expect(result).toHaveProperty(key)
    const predictions = await readFile(String(result.predictions), 'utf8')
    expect(predictions.trim().split('\n')).toHaveLength(40)
    const answered = await place.run(['run', String(result.artefact), 'I was charged twice, refund me', '--json'])
    expect(answered.status).toBe(0)
    expect(lastLine(answered.stdout)).toMatchObject({
      outputs: { team: expect.any(String), urgency: expect.any(String) },
    })
    const scored = await place.run(['eval', String(result.artefact), '--data', 'test.jsonl', '--json'])
    expect(lastLine(scored.stdout).accuracy).toBeCloseTo((result.best as { accuracy: number }).accuracy, 10)
  })

  it('gives the same study for the same seed, and another for another', async () => {
    const configs: unknown[] = []
    for (const seed of ['3', '3', '4']) {
      await using place = await workplace()
      const { stdout } = await place.run(await smallStudy(place, ['--seed', seed]))
      const { config, best, front } = lastLine(stdout)
      configs.push(JSON.stringify({ config, best, front }))
    }
    expect(configs[0]).toBe(configs[1])
    expect(configs[2]).not.toBe(configs[0])
  })

  it('stops cleanly on Ctrl-C, says how to resume, and goes on to the same result', async () => {
    await using place = await workplace()
    const args = await smallStudy(place, ['--budget', '40'])
    const { child, ended } = place.start(args)
    await printed(child, /candidate [1-9]\d*\/40/)
    child.kill('SIGINT')
    const stopped = await ended
    expect(stopped.status).toBe(130)
    expect(stopped.stderr).toContain('optimize --resume small')
    const before = await endedTrials(place)
    const resumed = await place.run(['optimize', '--resume', 'small', '--json'])
    expect(resumed.status).toBe(0)
    expect(lastLine(resumed.stdout).trials).toBe(40)
    const after = await endedTrials(place)
    expect(after.slice(0, before.length)).toEqual(before)
    await using fresh = await workplace()
    const whole = await fresh.run(await smallStudy(fresh, ['--budget', '40']))
    expect(lastLine(resumed.stdout).config).toEqual(lastLine(whole.stdout).config)
  })

  it('refuses a second run of a study that is under way, and of one that exists', async () => {
    await using place = await workplace()
    const args = await smallStudy(place, ['--budget', '400'])
    const { child, ended } = place.start(args)
    await printed(child, /· best/)
    const second = await place.run(['optimize', '--resume', 'small'])
    expect(second.status).toBe(1)
    expect(second.stderr).toContain(String(child.pid))
    const again = await place.run(args)
    expect(again.status).toBe(2)
    expect(again.stderr).toContain('--resume small')
    child.kill('SIGKILL')
    await ended
  })

  it('refuses to go on when the data changed', async () => {
    await using place = await workplace()
    await place.run(await smallStudy(place, ['--budget', '2']))
    await place.write('other', '')
    const { child, ended } = place.start(await smallStudy(place, ['--budget', '400', '--study', 'changed']))
    await printed(child, /· best/)
    child.kill('SIGINT')
    await ended
    const train = join(place.path, 'train.jsonl')
    await writeFile(train, `${await readFile(train, 'utf8')}\n{"text":"one more","team":"other","urgency":"low"}\n`)
    const { status, stderr } = await place.run(['optimize', '--resume', 'changed'])
    expect(stderr).toContain('train.jsonl')
    expect(status).toBe(1)
  })

  it('tunes by a teleprompter that searches no space, within its calls, and goes on with more', async () => {
    await using place = await workplace()
    const calls = (most: string) => ['--calls', most, '--json']
    const begin = (await smallStudy(place)).filter((word) => !['--budget', '12', '--json'].includes(word))
    const first = await place.run([...begin, '--teleprompter', 'gepa', ...calls('200')])
    expect(first.status).toBe(0)
    const found = lastLine(first.stdout) as unknown as StudyResult
    expect(found).toMatchObject({ version: 2, ended: 'budget', budget: { limits: { calls: 200, usd: null } } })
    expect(found.budget.spent.calls).toBeLessThanOrEqual(200)
    const again = await place.run(['optimize', '--resume', 'small', ...calls('200')])
    expect(again.stderr).toContain('is finished')
    expect(lastLine(again.stdout)).toEqual(JSON.parse(JSON.stringify(found)))
    const more = await place.run(['optimize', '--resume', 'small', ...calls('400')])
    const after = lastLine(more.stdout) as unknown as StudyResult
    expect(after.budget.spent.calls).toBeGreaterThan(found.budget.spent.calls)
    expect(after.budget.spent.calls).toBeLessThanOrEqual(400)
    expect(after.explanation).toContain('The work was resumed')
    const shown = await place.run(['study', 'show', 'small'])
    expect(shown.stdout).toMatch(
      /^study "small": gepa on .*\d+ candidates, .* finished: its budget ended\nBest {5}candidate/,
    )
  })

  it('shows the search of a study while it is kept, and refuses one of an earlier layout', async () => {
    await using place = await workplace()
    await place.run(await smallStudy(place))
    const shown = await place.run(['study', 'show', 'small', '--json'])
    expect(lastLine(shown.stdout)).toMatchObject({ trials: 12, complete: 12, objectives: [{ name: 'accuracy' }] })
    const request = join(place.home, 'studies', 'small', 'request.json')
    await writeFile(request, (await readFile(request, 'utf8')).replace('"version":2', '"version":1'))
    const { status, stderr } = await place.run(['optimize', '--resume', 'small'])
    expect([status, stderr.trim().split('\n').length]).toEqual([1, 1])
    expect(stderr).toContain('expected a study of layout 2, got layout 1 of an earlier release')
  })
})
