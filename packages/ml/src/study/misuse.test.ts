import { expect, test } from 'vitest'
import { tpeSampler } from '../samplers/tpe.ts'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import { createStudy, openStudy } from './open-study.ts'

test('a sampler or a pruner that was not called is said to be a function to call', async () => {
  const options = { space: space({ x: float(0, 1) }), objectives: { loss: 'min' } } as const
  expect(() => createStudy({ ...options, sampler: tpeSampler as never })).toThrow(
    'createStudy: sampler: expected what a function such as tpeSampler returns (call it: tpeSampler()), got a function',
  )
  await expect(openStudy({ ...options, pruner: (() => ({})) as never })).rejects.toThrow(
    /^openStudy: pruner: .*\(call it/,
  )
  expect(() => createStudy(undefined as never)).toThrow('createStudy: options: expected an object')
})

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
