/** A study on a disk that fills up: it stops with one sentence, and goes on once there is room. */

import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failureLines } from './fixture-study.ts'
import { type Workplace, workplace } from './mabeam-process.ts'
import { endedTrials, lastLine, smallStudy } from './small-study.ts'

const run = promisify(execFile)

/** A file system in memory where the workplace keeps its state; undefined where this process may not mount one. */
async function smallDisk(place: Workplace) {
  await mkdir(place.home, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', place.home])
  } catch {
    return undefined
  }
  return {
    resize: (kib: number) => run('mount', ['-o', `remount,size=${kib}k`, place.home]),
    [Symbol.asyncDispose]: async () => void (await run('umount', ['--lazy', place.home])),
  }
}

/** Sizes in KiB that stop the study at its request, its answers, its journals and its report; the last is enough. */
const sizesKib = [8, 24, 40, 72, 104, 152, 264, 424, 552, 744, 4096]

describe('a full disk', () => {
  it('stops a study with one sentence that names the file, again and again, and with more room it goes on', async ({
    skip,
  }) => {
    await using place = await workplace()
    await using disk = await smallDisk(place)
    if (disk === undefined) return skip('mounting a small file system needs the rights of root on Linux')
    let args = await smallStudy(place, ['--budget', '8'])
    let told: readonly number[] = []
    const named: string[] = []
    for (const kib of sizesKib) {
      await disk.resize(kib)
      const { status, stdout, stderr } = await place.run(args)
      const now = await endedTrials(place)
      expect(now.slice(0, told.length)).toEqual(told)
      told = now
      if (status === 0) {
        expect(lastLine(stdout)).toMatchObject({ trials: 8, failedTrials: 0 })
        break
      }
      const [sentence = '', ...more] = failureLines(stderr)
      expect([status, more]).toEqual([1, []])
      expect(sentence).toMatch(
        /: the disk is full; free some space|got a full disk; free some space|no space left on device/,
      )
      named.push(fileIn(sentence, place.home))
      if (sentence.includes('--resume small')) args = ['optimize', '--resume', 'small', '--json']
    }
    expect(named).toContain('studies/small/answers.jsonl')
    // which of the files that grow together meets the end first is a matter of the moment
    expect(new Set(named).size).toBeGreaterThan(1)
    expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})

/** The file under `home` that a sentence names. */
function fileIn(sentence: string, home: string): string {
  const [, file] = sentence.split(`${home}/`)
  expect(file).toBeDefined()
  return file?.split(':')[0] ?? ''
}
