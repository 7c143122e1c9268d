import { type Clock, systemClock } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import type { Config } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import { commandEvaluation, outputCharactersMax } from './command-evaluation.ts'

const config = { lr: 0.5, act: 'relu', tools: ['a', 'b'] }
const trial = { number: 3, seed: 77, config: config as unknown as Config }

async function told(command: readonly string[], signal = new AbortController().signal, clock: Clock = systemClock) {
  const evaluate = commandEvaluation(command, {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH },
    clock,
  })
  return await evaluate(trial, signal)
}

const sh = (script: string) => told(['sh', '-c', script])

describe('commandEvaluation', () => {
  test('gives the configuration on standard input, in braces of arguments, and number and seed in the environment', async () => {
    expect(await told(['sh', '-c', 'read c; echo "$c" | wc -c'])).toBe(JSON.stringify(trial.config).length + 1)
    expect(await told(['sh', '-c', 'echo {lr}'])).toBe(0.5)
    expect(await told(['sh', '-c', `test '{config}' = '${JSON.stringify(trial.config)}' && echo 1`])).toBe(1)
    expect(await told(['sh', '-c', `test '{tools}{act}' = '["a","b"]relu' && echo 1`])).toBe(1)
    expect(await sh('echo "{\\"a\\": $MABEAM_TRIAL, \\"b\\": $MABEAM_SEED}"')).toEqual({ values: { a: 3, b: 77 } })
  })

  test('knows variables by any name, and no names that objects have of themselves', async () => {
    const odd = { number: 0, seed: 0, config: { 'learning-rate': 3, 'a b': 4 } as unknown as Config }
    const around = { cwd: import.meta.dirname, env: { PATH: process.env.PATH }, clock: systemClock }
    const script = `test '{constructor}{"a b": 1}' = "{""constructor}""{"'"a b": 1}' && echo {learning-rate}{a b}`
    expect(await commandEvaluation(['sh', '-c', script], around)(odd, new AbortController().signal)).toBe(34)
  })

  test('leaves braces that name no variable as they are', async () => {
    expect(await sh("echo '7 x' | awk '{print $1}'")).toBe(7)
    expect(await sh('{ echo 8; }')).toBe(8)
  })

  test('reads the last line, or all of what is printed', async () => {
    expect(await sh('echo training; echo 0.25')).toBe(0.25)
    expect(await sh(`printf '{\\n "a": 1\\n}\\n'`)).toEqual({ values: { a: 1 } })
  })

  test.each([
    ['nothing', 'true'],
    ['words', 'echo well done'],
    ['a list', 'echo [1]'],
    ['a text among values', `echo '{"a": "1"}'`],
  ])('fails a trial whose command prints %s', async (_, script) => {
    await expect(sh(script)).rejects.toMatchObject({ code: 'mabeam/command-unreadable' })
  })

  test('tells status, signal and the end of standard error of a command that fails', async () => {
    await expect(sh('echo no disk >&2; exit 3')).rejects.toThrow(/ended with status 3: no disk$/)
    await expect(sh('kill -9 $$')).rejects.toThrow(/was ended by SIGKILL/)
    await expect(told(['/no/such/program'])).rejects.toMatchObject({ code: 'mabeam/command-failed' })
    await expect(sh('head -c 100000 /dev/zero | tr "\\0" e >&2; exit 1')).rejects.toThrow(/e{500}$/)
  })

  test('reads the end of more than it keeps', async () => {
    const filler = (size: number) => `head -c ${size} /dev/zero | tr "\\0" x; echo; echo 5`
    expect(await sh(filler(outputCharactersMax - 3))).toBe(5)
    expect(await sh(filler(3 * outputCharactersMax))).toBe(5)
  })

  test('ends a command and what it started when it is aborted, also one that does not listen', async () => {
    const stopped = new AbortController()
    const script = `trap '' TERM; echo started; sleep 600 & wait; sleep 600`
    const clock = virtualClock()
    const running = told(['sh', '-c', script], stopped.signal, clock)
    stopped.abort(new Error('enough'))
    void clock.advance(2_000)
    await expect(running).rejects.toThrow('enough')
    await expect(told(['sh', '-c', 'echo 1'], stopped.signal)).rejects.toThrow('enough')
  })
})
