import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChoiceFacts, type PoolServer, serverChoice } from './server-choice.ts'

const facts: ChoiceFacts = { other: undefined, tries: 0, waitMs: 100, nowMs: 10_000 }
const pools = fc.uniqueArray(fc.record({ listen: fc.constantFrom('a', 'b', 'c', 'd'), lastConnect: fc.nat(20_000) }), {
  selector: ({ listen }) => listen,
  maxLength: 4,
})

describe('serverChoice', () => {
  test('leaves nothing to choose where there are not two servers', () => {
    expect(serverChoice([], facts)).toBeUndefined()
    expect(serverChoice([{ listen: 'a', lastConnect: 0 }], facts)).toBeUndefined()
  })

  test('goes first where the other connection is not', () => {
    fc.assert(
      fc.property(pools, fc.constantFrom('a', 'b', 'x', undefined), (pool, other) => {
        const chosen = serverChoice(pool, { ...facts, other })
        expect(chosen?.server.listen).not.toBe(chosen === undefined ? null : other)
      }),
    )
  })

  test('tries every server in turn, the other one too, and waits for each no longer than is said', () => {
    fc.assert(
      fc.property(pools, fc.constantFrom('a', 'b', undefined), (pool, other) => {
        fc.pre(pool.length > 1)
        expect(tried(pool, other, pool.length * 2)).toEqual(new Set(pool.map(({ listen }) => listen)))
      }),
    )
  })

  test('a clock that was set back by an hour delays nothing for longer than is said', () => {
    const pool = [
      { listen: 'a', lastConnect: 3_600_000 },
      { listen: 'b', lastConnect: 3_600_001 },
    ]
    expect(serverChoice(pool, facts)).toEqual({ server: pool[0], delayMs: 100 })
  })

  test('a server that was just tried has its rest, one that never was has none', () => {
    const rested = [
      { listen: 'a', lastConnect: 9_950 },
      { listen: 'b', lastConnect: 9_990 },
    ]
    expect(serverChoice(rested, facts)).toEqual({ server: rested[0], delayMs: 50 })
    expect(serverChoice([...rested, { listen: 'c', lastConnect: 0 }], facts)?.delayMs).toBe(0)
  })
})

/** Where a connection goes that nobody takes. */
function tried(pool: readonly PoolServer[], other: string | undefined, times: number): Set<string> {
  const listens = new Set<string>()
  let nowMs = 30_000
  let servers = [...pool]
  for (let tries = 0; tries < times; tries++) {
    const chosen = serverChoice(servers, { other, tries, waitMs: 100, nowMs })
    if (chosen === undefined) break
    expect(chosen.delayMs).toBeLessThanOrEqual(100)
    nowMs += chosen.delayMs + 1
    listens.add(chosen.server.listen)
    servers = servers.map((one) => (one.listen === chosen.server.listen ? { ...one, lastConnect: nowMs } : one))
  }
  return listens
}
