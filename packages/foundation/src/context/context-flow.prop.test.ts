import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { effect } from '../actors/effect.ts'
import { type Channels, openChannels } from '../channels/channels.ts'
import { delay } from '../clock.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { startNode } from '../node/node.ts'
import { type Random, seededRandom } from '../random.ts'
import { testPort, type VirtualClock, virtualClock } from '../testing/index.ts'
import { runOutsideContext } from './async-context.ts'
import { currentContext, withContext } from './context.ts'
import { newTrace } from './trace.ts'

const hops = ['call', 'async call', 'cast', 'timer', 'channel', 'request', 'promise', 'clock'] as const
/** The last two are bugs, to see that they are noticed. */
type Hop = (typeof hops)[number] | 'lost' | 'mixed up'

/** What all hops of one chain share. */
interface Chain {
  readonly id: string
  readonly left: Hop[]
  readonly clock: VirtualClock
  readonly channels: Channels
  hopper(): ActorRef<typeof Hopper>
  /** Who was seen at each hop, and in which span. */
  readonly seen: { readonly user: unknown; readonly traceId: string | undefined; readonly spanId: string | undefined }[]
}

/** Goes on with the chain from wherever it is now: the context is found, never handed over. */
function goOn(chain: Chain): void {
  const context = currentContext()
  chain.seen.push({ user: context?.user, traceId: context?.trace?.traceId, spanId: context?.trace?.spanId })
  const hop = chain.left.shift()
  const ref = chain.hopper()
  switch (hop) {
    case 'call':
      void ref.call('sync', chain)
      break
    case 'async call':
      void ref.call('async', chain)
      break
    case 'cast':
      ref.cast('note', chain)
      break
    case 'timer':
      void ref.call('timer', chain)
      break
    case 'channel':
      chain.channels.publish('hop', chain.id)
      break
    case 'request':
      void chain.channels.request('hop', chain.id)
      break
    case 'promise':
      void Promise.resolve().then(() => goOn(chain))
      break
    case 'lost':
      runOutsideContext(() => goOn(chain))
      break
    case 'mixed up':
      withContext({ user: 'somebody else' }, () => goOn(chain))
      break
    case 'clock':
      chain.clock.setTimer(3, () => void delay(chain.clock, 1).then(() => goOn(chain)))
      break
  }
}

const Hopper = defineActor(import.meta.url, {
  name: 'hopper',
  version: 1,
  init: () => new Map<string, Chain>(),
  calls: {
    sync: {
      run: (s, chain: Chain) => {
        goOn(chain)
        return [s, null]
      },
    },
    async: {
      run: async (s, chain: Chain) => {
        await Promise.resolve()
        goOn(chain)
        return [s, null]
      },
    },
    timer: {
      run: (s, chain: Chain) => [s, null, [effect.startTimer(chain.id, { delayMs: 5, cast: 'note', input: chain })]],
    },
  },
  casts: {
    note: {
      run: (s, chain: Chain) => {
        goOn(chain)
        return s
      },
    },
  },
})

async function run(seed: number, bug?: Hop) {
  const random: Random = seededRandom(seed)
  const clock = virtualClock()
  await using engine = memoryEngine({ clock })
  await using node = await startNode({ clock, random, codec: false, engine })
  await using channels = openChannels(testPort({ engine, clock, random: random.fork('channels') }))
  const refs = await Promise.all(Array.from({ length: 11 }, () => node.spawn(Hopper, undefined)))
  const chains = new Map<string, Chain>()
  channels.on<string>('hop', (id) => void goOn(chains.get(id) as Chain))
  channels.respond<string, null>('hop', (id) => {
    goOn(chains.get(id) as Chain)
    return null
  })
  for (let i = 0; i < 8; i++) {
    const left = Array.from({ length: 1 + random.int(10) }, () => hops[random.int(hops.length)] as Hop)
    if (bug !== undefined) left.push(bug)
    const id = `c${i}`
    // Each asks one further down, so that nobody waits for itself.
    let depth = 0
    const hopper = () => refs[depth++] as ActorRef<typeof Hopper>
    chains.set(id, { id, left, clock, channels, hopper, seen: [] })
  }
  const lengths = new Map([...chains.values()].map((chain) => [chain.id, chain.left.length]))
  const traces = new Map([...chains.keys()].map((id) => [id, newTrace(random)]))
  for (const chain of chains.values()) {
    withContext({ user: chain.id, trace: traces.get(chain.id) as never }, () => goOn(chain))
  }
  await clock.advance(200)
  return { chains, lengths, traces }
}

/** Throws unless each chain had all its hops, each of them in its context. */
async function checkChains(seed: number, bug?: Hop) {
  const { chains, lengths, traces } = await run(seed, bug)
  for (const { id, seen } of chains.values()) {
    assert.equal(seen.length, (lengths.get(id) as number) + 1, `seed ${seed}, chain ${id}: hops`)
    for (const [hop, { user, traceId }] of seen.entries()) {
      assert.equal(user, id, `seed ${seed}, chain ${id}: user at hop ${hop}`)
      assert.equal(traceId, traces.get(id)?.traceId, `seed ${seed}, chain ${id}: trace at hop ${hop}`)
    }
  }
  assert.equal(currentContext(), undefined)
}

describe('a context', () => {
  test('is kept by every hop of every chain, whatever runs beside it', async () => {
    for (let seed = 0; seed < 60; seed++) await checkChains(seed)
  })

  for (const bug of ['lost', 'mixed up'] as const) {
    test(`that is ${bug} is noticed`, () => expect(checkChains(1, bug)).rejects.toThrow('user at hop'))
  }
})
