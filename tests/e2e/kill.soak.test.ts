/** Many studies, each killed at 20 random moments. */

import { describe, it } from 'vitest'
import { killAndResume } from './kill-and-resume.ts'

describe('kill -9, again and again', () => {
  for (let seed = 1; seed <= 25; seed++) {
    it(`holds for seed ${seed}`, async () => {
      await killAndResume({ kills: 20, seed, budget: 400 })
    }, 300_000)
  }
})
