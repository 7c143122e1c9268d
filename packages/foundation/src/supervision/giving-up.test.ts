import { expect, test } from 'vitest'
import { exitText, givingUpText } from './giving-up.ts'

test('a sentence says who gave up, when, and what came last', () => {
  const gaveUp = { supervisor: 'pool', restartsMax: 1, windowMs: 500, last: 'no disk' } as const
  expect(givingUpText({ ...gaveUp, cause: 'restart-intensity' })).toBe(
    'supervisor pool gave up after 1 restart within 500 ms; the last cause: no disk',
  )
  expect(givingUpText({ ...gaveUp, cause: 'start-failed' })).toBe(
    'supervisor pool gave up before all had started; the cause: no disk',
  )
  const actor = { system: 's', node: 'n', epoch: 1, id: 1 }
  const crashed = { type: 'crashed', error: { code: 'a/b', message: 'no disk', retryable: false, data: {} } } as const
  expect(
    [{ type: 'linked', actor, reason: crashed } as const, { type: 'normal' } as const].map((reason) =>
      exitText(reason),
    ),
  ).toEqual(['what it was linked to ended: no disk', 'it ended (normal)'])
})
