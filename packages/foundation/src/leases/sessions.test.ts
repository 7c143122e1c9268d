import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { settled, testPort, virtualClock } from '../testing/index.ts'
import { mortalPort } from '../testing/mortal-port.ts'
import { Claims } from './claims.ts'
import { Sessions } from './sessions.ts'

/** Two nodes with sessions and claims on one engine; the first one can be hurt. */
async function world() {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const nodes = { names: () => ['n1', 'n2'], onChange: () => () => {} }
  const mortal = mortalPort(testPort({ engine, clock, name: 'n1' }))
  const open = async (port: typeof mortal.port) => {
    const sessions = new Sessions(port, nodes, { options: { strict: true } })
    const claims = new Claims(port, sessions)
    await sessions.open()
    await claims.open()
    return { sessions, claims }
  }
  const first = await open(mortal.port)
  const second = await open(testPort({ engine, clock, name: 'n2' }))
  await clock.advance(1_000)
  return { clock, engine, mortal, first, second }
}

describe('Sessions', () => {
  test('a session that ended while the watch was lost is known to be over when it is back', async () => {
    const { clock, engine, mortal, first, second } = await world()
    const claim = await second.claims.take('job')
    await settled()
    expect(first.claims.standing('job')).toBe('held')
    mortal.loseWatches()
    // In the same turn, so that no watch tells of it.
    const state = await engine.state('test-sessions', { expiryMs: 20_000 })
    await second.sessions[Symbol.asyncDispose]()
    await clock.advance(5_000)
    expect(await state.get('n2')).toBeUndefined()
    expect(claim?.node).toBe('n2')
    expect([first.sessions.alive, first.claims.standing('job')]).toEqual([['n1'], 'free'])
  })

  test('an engine that was closed before is no fault of the clock', async () => {
    const { clock, engine, first, second } = await world()
    await engine.close()
    await clock.advance(20_000)
    expect(first.sessions.own).toBeUndefined()
    for (const { claims, sessions } of [first, second]) {
      await claims[Symbol.asyncDispose]()
      await sessions[Symbol.asyncDispose]()
    }
    expect(clock.pendingTimers).toBe(0)
  })

  test('a node that leaves while it renews its session is not taken for alive until that expires', async () => {
    const { clock, engine, mortal, first, second } = await world()
    // Its first renewal names the token.
    await clock.advance(2_000)
    const state = await engine.state('test-sessions', { expiryMs: 20_000 })
    const letGo = mortal.holdRemovals()
    const leaving = first.sessions[Symbol.asyncDispose]()
    await settled()
    const left = await state.get('n1')
    await state.update('n1', left?.value as Uint8Array, left?.revision as number)
    letGo()
    await leaving
    await settled()
    expect(await state.get('n1')).toBeUndefined()
    expect(second.sessions.alive).toEqual(['n2'])
  })

  test('a session that would expire before it is renewed is refused', () => {
    const port = testPort({ engine: memoryEngine({}) })
    const nodes = { names: () => [], onChange: () => () => {} }
    const open = (options: object) => () => new Sessions(port, nodes, { options })
    expect(open({ expiryMs: 1_501 })).not.toThrow()
    expect(open({ expiryMs: 1_500 })).toThrow(
      'expiryMs: expected more than renewMs and marginMs together, 1500, got 1500',
    )
  })
})
