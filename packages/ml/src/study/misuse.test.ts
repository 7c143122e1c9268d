import { expect, test } from 'vitest'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import { createStudy } from './open-study.ts'

test('without a function to measure by, on a journal that is none, and told an unknown trial: each is said', async () => {
  const options = { space: space({ x: float(0, 1) }), objectives: { loss: 'min' } } as const
  await expect(createStudy(options).run({ budget: 4 } as never, undefined as never)).rejects.toThrow(
    'run: evaluate: expected a function',
  )
  for (const journal of [{}, { records: [] }, { append: async () => {} }]) {
    expect(() => createStudy({ ...options, journal: journal as never })).toThrow(/^createStudy: journal: /)
  }
  const study = createStudy(options)
  await expect(study.tell(study.ask() as never, 1)).rejects.toThrow('trial {"number":0,')
})
