import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { LinkSpread } from './link-spread.ts'

/** Where two connections are, and how often the one for control was told to go. */
function places(control: string | undefined, data: string | undefined, servers = 2) {
  let moves = 0
  const connection = { getServers: () => Array.from({ length: servers }) as [] }
  return {
    at: { control, data },
    moves: () => moves,
    get links() {
      const { at } = this
      return {
        control: {
          get serverId() {
            return at.control
          },
          connection,
          move: () => void moves++,
        },
        data: {
          get serverId() {
            return at.data
          },
          connection,
          move: () => expect.unreachable('the connection for data stays'),
        },
      }
    },
  }
}

describe('LinkSpread', () => {
  test('moves the connection for control away from the server where both are', async () => {
    const clock = virtualClock()
    const where = places('a', 'a')
    const spread = new LinkSpread(clock, where.links)
    await clock.advance(5_000)
    expect(where.moves()).toBe(1)
    where.at.control = 'b'
    await clock.advance(60_000)
    expect(where.moves()).toBe(1)
    spread.end()
    expect(clock.pendingTimers).toBe(0)
  })

  test('looks ever more seldom where moving helps nothing', async () => {
    const clock = virtualClock()
    const where = places('a', 'a')
    const spread = new LinkSpread(clock, where.links)
    await clock.advance(3_600_000)
    expect(where.moves()).toBeGreaterThan(10)
    expect(where.moves()).toBeLessThan(25)
    spread.end()
  })

  test('leaves alone one server, connections that are apart, and those that are nowhere', async () => {
    for (const where of [places('a', 'a', 1), places('a', 'b'), places(undefined, undefined), places('a', undefined)]) {
      const clock = virtualClock()
      const spread = new LinkSpread(clock, where.links)
      await clock.advance(60_000)
      expect(where.moves()).toBe(0)
      spread.end()
    }
  })
})
