import { expect, test } from 'vitest'
import { reaches, shareOf } from './share.ts'

test('a share that is next to nothing is not everything', () => {
  for (const tiny of [Number.MIN_VALUE, 1e-300, 1e-17]) {
    expect(reaches(shareOf('vote', 'threshold', tiny), 1, 3)).toBe(true)
    expect(reaches(shareOf('vote', 'threshold', tiny), 0, 3)).toBe(false)
    expect(reaches(shareOf('vote', 'threshold', { moreThan: tiny }), 1, 3)).toBe(true)
  }
})
