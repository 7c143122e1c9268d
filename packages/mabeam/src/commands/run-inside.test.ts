/** `mabeam run --prompt` and `--trace` on the command line. */

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import failingSteps from './failing-steps.fixture.ts'
import { ranCommand } from './ran-command.fixture.ts'
import program from './two-steps.fixture.ts'

const twoSteps = join(import.meta.dirname, 'two-steps.fixture.ts')

const run = (...args: readonly string[]) => ranCommand(['run', ...args], { cwd: import.meta.dirname })

describe('mabeam run --prompt', () => {
  test('prints what would be asked first, and says that others wait for it', async () => {
    const { status, stdout, stderr } = await run(twoSteps, 'charged twice', '--prompt')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^=== 1\. summary, would ask local\/small, temperature 0\n\n\[system\]\n/)
    expect(stdout).toContain('[user]\n[[ ## text ## ]]\ncharged twice\n')
    expect(stdout).not.toMatch(/=== 2|\[answer\]/)
    expect(stderr).toBe('1 more of its predictors may ask, by what these answer; --trace shows all\n')
  })

  test('prints the same as one line of JSON', async () => {
    const { stdout } = await run(twoSteps, 'charged twice', '--prompt', '--json')
    expect(stdout.trimEnd()).not.toContain('\n')
    const { calls } = JSON.parse(stdout)
    expect(calls).toMatchObject([{ predictor: 'summary', modelId: 'local/small', temperature: 0 }])
    expect(calls[0].prompt.map(({ role }: { role: string }) => role)).toEqual(['system', 'user'])
  })

  test('refuses inputs as a run does, and to be asked for beside --trace', async () => {
    expect((await run(twoSteps, '--prompt')).stderr).toContain('run: text: expected an input, got nothing')
    expect(await run(twoSteps, 'x', '--prompt', '--trace')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'mabeam: run: expected one of --prompt and --trace, got both\n',
    })
  })
})

describe('mabeam run --trace', () => {
  test('prints each question with its answer in their order, and the outputs behind them', async () => {
    const { status, stdout, stderr } = await run(twoSteps, 'charged twice', '--trace')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^=== 1\. summary, asked of local\/small\n\n\[system\][\s\S]*\[answer\][\s\S]*\n\n=== 2\. team, asked of local\/small\n[\s\S]*\[answer\][\s\S]*\n\n=== outputs\n\nteam {2}(billing|tech)\n$/,
    )
    const plain = await run(twoSteps, 'charged twice')
    expect(stdout.endsWith(plain.stdout)).toBe(true)
  })

  test('puts the steps into the line of JSON, where they are no part of it without', async () => {
    const { stdout } = await run(twoSteps, 'charged twice', '--trace', '--json')
    const { outputs, usage, trace, traceOmitted } = JSON.parse(stdout)
    const predictors = trace.map(({ predictor }: { predictor: string }) => predictor)
    expect(predictors).toEqual(Object.keys(program.predictors))
    expect(trace[1]).toMatchObject({ modelId: 'local/small', outputs, prompt: [{ role: 'system' }, { role: 'user' }] })
    expect([usage.calls, traceOmitted]).toEqual([2, 0])
    const plain = JSON.parse((await run(twoSteps, 'charged twice', '--json')).stdout)
    expect(Object.keys(plain)).toEqual(['outputs', 'usage'])
  })
})

describe('mabeam run --trace of a run that fails', () => {
  const failing = join(import.meta.dirname, 'failing-steps.fixture.ts')

  test('prints what was answered before own code threw, then the message', async () => {
    const { status, stdout, stderr } = await run(failing, 'charged twice', '--trace')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^=== 1\. summary, asked of local\/small\n\n\[system\][\s\S]*\[answer\][\s\S]*\n\nmabeam: program failing-steps: no such account\n$/,
    )
    expect(await run(failing, 'charged twice')).toEqual({
      status,
      stdout,
      stderr: stderr.slice(stderr.indexOf('mabeam:')),
    })
  })

  test('prints an answer that could not be read behind the steps, with its predictor and model', async () => {
    const { stderr } = await run(failing, 'charged twice', '--input', 'unreadable=true', '--trace')
    expect(stderr).toMatch(
      /=== 1\. summary, asked of[\s\S]*\n\n=== amount, asked of local\/small: could not be read\n\n\[system\][\s\S]*\[answer\][\s\S]*\n\nmabeam: /,
    )
  })

  test('puts all of it into the one line of JSON', async () => {
    const { status, stdout, stderr } = await run(failing, 'charged twice', '--trace', '--json')
    const message = `program ${failingSteps.name}: no such account`
    expect([status, stderr]).toEqual([1, `mabeam: ${message}\n`])
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'dspx/program-failed', message, retryable: false },
      trace: [{ predictor: 'summary', modelId: 'local/small' }],
      traceOmitted: 0,
    })
  })
})
