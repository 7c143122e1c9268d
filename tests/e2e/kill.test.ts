/** A study is killed with SIGKILL at 20 random moments and resumed each time. */

import { describe, it } from 'vitest'
import { killAndResume } from './kill-and-resume.ts'

const seed = 20_261

describe('kill -9', () => {
  it(`loses no finished trial, counts none twice and asks for no kept answer again (seed ${seed})`, async () => {
    await killAndResume({ kills: 20, seed, budget: 150 })
  }, 180_000)
})
