import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventually } from '../testing/index.ts'
import { guardedProcess } from './guarded-process.ts'

const node = process.execPath

/** Whether a process is there and not only its entry, which stays until somebody asks how it ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('guardedProcess', () => {
  test('keeps what it prints on both outputs, and says how it ended', async () => {
    const script = 'console.log("out"); console.error("err"); process.exitCode = 3'
    await using running = await guardedProcess(node, { args: ['-e', script] })
    expect(await running.ended).toEqual({ status: 3, signal: null })
    expect(running.output.lines.toSorted()).toEqual(['err', 'out'])
    running.signal('SIGTERM')
    expect(await running.kill()).toEqual({ status: 3, signal: null })
  })

  test('a program that is not there, or may not be run, is refused', async () => {
    await expect(guardedProcess('no-such-program-of-ours')).rejects.toMatchObject({
      code: 'foundation/process-not-started',
      message: 'no-such-program-of-ours: there is no such program',
    })
    await expect(guardedProcess('/')).rejects.toMatchObject({ code: 'foundation/process-not-started' })
  })

  test('an unknown option is refused', async () => {
    await expect(guardedProcess(node, { argz: [] } as object)).rejects.toThrow('did you mean "args"?')
  })

  // skip: what a guard is made of is a shell
  test.skipIf(process.platform === 'win32')('what it started is killed with it, a paused one too', async () => {
    const script =
      'require("child_process").spawn("sleep", ["600"]).once("spawn", function () { console.log(this.pid) })'
    const running = await guardedProcess(node, { args: ['-e', script] })
    await eventually(() => running.output.lines.length > 0, 1_000_000)
    const grandchild = Number(running.output.lines[0])
    expect(isRunning(grandchild)).toBe(true)
    running.signal('SIGSTOP')
    await running[Symbol.asyncDispose]()
    await running[Symbol.asyncDispose]()
    expect(running.end).toEqual({ status: null, signal: 'SIGKILL' })
    await eventually(() => !isRunning(grandchild), 1_000_000)
  })

  // skip: what a guard is made of is a shell
  test.skipIf(process.platform === 'win32')('does not outlive its parent that is killed', async () => {
    const module = new URL('./guarded-parent.fixture.ts', import.meta.url).pathname
    const parent = await guardedProcess(node, { args: [module] })
    await eventually(() => parent.output.lines.length > 0, 1_000_000)
    const child = Number(parent.output.lines[0])
    expect(isRunning(child)).toBe(true)
    // Only the parent: its child has a group of its own.
    await parent.kill()
    await eventually(() => !isRunning(child), 1_000_000)
  })

  // skip: what a guard is made of is a shell
  test.skipIf(process.platform === 'win32')('does not outlive a parent that is killed as it starts it', async () => {
    const module = new URL('./killed-parent.fixture.ts', import.meta.url).pathname
    const parent = await guardedProcess(node, { args: [module] })
    expect(await parent.ended).toEqual({ status: null, signal: 'SIGKILL' })
    const child = Number(parent.output.lines[0])
    expect(child).toBeGreaterThan(1)
    await eventually(() => !isRunning(child), 1_000_000)
  })
})
