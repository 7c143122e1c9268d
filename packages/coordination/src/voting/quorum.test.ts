import { describe, expect, test } from 'vitest'
import { runProtocol } from '../testing/protocol-run.ts'
import { quorum } from './quorum.ts'
import { late, saying } from './scripted-votes.fixture.ts'

describe('quorum', () => {
  test('is there as soon as so many say the same', async () => {
    const votes = saying({ a: 'v2', b: 'v1', c: late('v2', 10), d: late('v2', 20), e: late('v1', 9_000) })
    const run = await runProtocol(quorum, { spec: { options: ['v1', 'v2'] }, ...votes })
    expect(run.outcome).toMatchObject({ type: 'decided', option: 'v2', early: true })
    expect(run.tookMs).toBe(20)
    const five = await runProtocol(quorum, { spec: { options: ['v1', 'v2'], agree: 5 }, ...votes })
    expect(five.outcome).toMatchObject({ type: 'undecided', reason: 'below-threshold', early: true })
  })

  test('needs more than half, so that no two options can have one, and at most all', async () => {
    const votes = saying({ a: 'x', b: 'x', c: 'x', d: 'x' })
    for (const agree of [3, 4]) {
      const run = await runProtocol(quorum, { spec: { options: ['x', 'y'], agree }, ...votes })
      expect(run.outcome).toMatchObject({ type: 'decided', option: 'x' })
    }
    for (const agree of [2, 5]) {
      await expect(runProtocol(quorum, { spec: { options: ['x', 'y'], agree }, ...votes })).rejects.toThrow('so 3 to 4')
    }
  })

  test('exactly so many are enough, for each number of participants', async () => {
    for (let participants = 1; participants <= 40; participants++) {
      for (let agree = Math.floor(participants / 2) + 1; agree <= participants; agree++) {
        for (const [agreeing, type] of [
          [agree, 'decided'],
          [agree - 1, 'undecided'],
        ] as const) {
          const said = Array.from({ length: participants }, (_, at) => [`p${at}`, at < agreeing ? 'x' : null] as const)
          const run = await runProtocol(quorum, {
            spec: { options: ['x'], agree },
            ...saying(Object.fromEntries(said)),
          })
          expect(run.outcome?.type, `${agreeing} of ${participants}, ${agree} needed`).toBe(type)
        }
      }
    }
  })
})
