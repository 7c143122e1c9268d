import { describe, expect, test } from 'vitest'
import { hostWorld } from '../../testing/host-world.fixture.ts'

/** Nobody is ever suspected, so that members that are gone lead as often as others. */
const optionsOf = () => ({ suspicion: { suspectAt: 9 } })
const timeoutMs = 5_000
const closeMs = 2_000

describe('members that are gone', () => {
  test.each([
    [[['a', 'b', 'c'], ['d']]],
    [[['a'], ['b'], ['c'], ['d']]],
    [
      [
        ['a', 'b', 'c', 'd', 'e'],
        ['f', 'g'],
      ],
    ],
  ])('of %j, the last node: whoever leads then, the others decide in the time that there is', async (members) => {
    await using world = await hostWorld(members, optionsOf, 50)
    await world.ask('to know the keys')
    await world.hosts.at(-1)?.[Symbol.asyncDispose]()
    const gone = members.at(-1)?.length ?? 0
    const views = new Set<unknown>()
    for (let ask = 0; ask < 16; ask++) {
      const beganMs = world.clock.monotonicMs()
      const gathered = await world.ask(`ask ${ask}`, { timeoutMs })
      expect(gathered.provisional, `ask ${ask}`).toBeUndefined()
      const answered = world.answersOf(gathered).filter((one) => one === 'answer')
      expect(answered).toHaveLength(members.flat().length - gone)
      expect(world.clock.monotonicMs() - beganMs).toBeLessThan(timeoutMs + closeMs)
      views.add(gathered.certificate?.decision.certificate.view)
    }
    // It was not always the same view that decided: some were led by who is gone.
    expect(views.size).toBeGreaterThan(1)
  })
})
