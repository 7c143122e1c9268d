/**
 * Shards that hold what was told to them and move between nodes. It breaks when something told is executed twice, when a
 * shard goes on from less than its last holder handed over, and when an acknowledged one is missing in the end though no
 * holder since was lost: none may be missing where nodes only come and go in order.
 */

import assert from 'node:assert/strict'
import { type ActorContext, defineActor } from '../../actors/actor.ts'
import { delay } from '../../clock.ts'
import { createCodec } from '../../codec/codec.ts'
import type { Simulation } from '../sim/simulation.ts'
import { isExpected, type LivingNode, lawHolds, type MakePart, openedOn } from './node-scenario.ts'

export interface MovingShardsOptions {
  /** Whether holders may be lost: nodes crash, or are cut off from the engine for long. @default true */
  readonly losses?: boolean
}

const name = 'ledger'
const places = 12
const everyMs = 500
const callTimeoutMs = 4_000
const untilMs = 30_000

/** One holder of one shard, from its start to its end. */
interface Holding {
  readonly place: string
  readonly token: number
  readonly at: string
  readonly began: readonly string[]
  /** What it acknowledged, or was about to. */
  readonly took: string[]
  /** What it handed over; undefined where it never did. */
  left: readonly string[] | undefined
}

/** A claim of a shard as the server keeps it. */
interface Kept {
  readonly place: string
  readonly token: number
  readonly released: boolean
  readonly handedOver: readonly string[]
}

/** What a shard holds, and for the laws who it is. */
interface Shard {
  readonly told: readonly string[]
  readonly holding: Holding
}

/** @example nodeScenario([movingShards({ losses: false })], { leaveEveryMs: 6_000 }) */
export function movingShards(options: MovingShardsOptions = {}): MakePart {
  const { losses = true } = options
  return (sim) => {
    const holdings: Holding[] = []
    const acknowledged = new Map<string, string>()
    const executed = new Map<string, string>()
    const Ledger = ledgerDefinition(sim, { holdings, executed })
    const kept = keptClaims(sim)
    let count = 0
    return {
      async run(living) {
        const { node, machine } = living
        const placed = await openedOn(living, () =>
          node.place(Ledger, living, { name, strategy: 'partitioned', places }),
        )
        const random = machine.ports.random.fork('ledger')
        while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
          await delay(machine.ports.clock, random.int(2 * everyMs))
          const id = `${living.process}-${count++}`
          const telling = placed.ref(`key-${random.int(100)}`).call('tell', id, { timeoutMs: callTimeoutMs })
          void telling
            .then((place) => acknowledged.set(id, place))
            .catch((thrown) => isExpected(thrown) || sim.fail(thrown))
        }
      },
      async check(nodes) {
        assert.ok(acknowledged.size > 0, 'nothing was ever acknowledged')
        checkTokens(holdings)
        const [first] = nodes as [LivingNode]
        const placed = await openedOn(first, () =>
          first.node.place(Ledger, first, { name, strategy: 'partitioned', places }),
        )
        const held = new Map<string, readonly string[]>()
        for (const [i, ref] of placed.refs().entries()) {
          held.set(placed.places[i] as string, await ref.call('told', undefined, { timeoutMs: callTimeoutMs }))
        }
        checkHandovers(holdings, kept)
        checkLosses({ holdings, kept, acknowledged, held, losses })
        for (const place of placed.places) {
          const running = nodes.filter(({ node }) => node.find(Ledger, place) !== undefined)
          assert.equal(running.length, 1, `${place} runs on ${running.map(({ node }) => node.name)}`)
        }
      },
    }
  }
}

interface Told {
  readonly holdings: Holding[]
  /** Where each was executed. */
  readonly executed: Map<string, string>
}

function ledgerDefinition(sim: Simulation, { holdings, executed }: Told) {
  const begin = (told: readonly string[], living: LivingNode, { self, fence = 0 }: ActorContext): Shard => {
    const place = self.address.name as string
    const holding: Holding = { place, token: fence, at: living.process, began: told, took: [], left: undefined }
    holdings.push(holding)
    return { told, holding }
  }
  return defineActor(import.meta.url, {
    name: 'ledger',
    version: 1,
    init: (living: LivingNode, context) => begin([], living, context),
    calls: {
      tell: {
        run: (shard, id: string) => {
          const before = executed.get(id)
          const sentence = `${id} was executed at ${before} and at ${shard.holding.at}`
          lawHolds(sim, () => assert.ok(before === undefined, sentence))
          executed.set(id, shard.holding.at)
          shard.holding.took.push(id)
          return [{ ...shard, told: [...shard.told, id] }, shard.holding.place]
        },
      },
      told: { run: (shard, _: undefined) => [shard, shard.told] },
    },
    save: (shard) => {
      shard.holding.left = shard.told
      return shard.told
    },
    load: begin,
  })
}

/** A token is of one holder: one that is started again has the one it had. */
function checkTokens(holdings: readonly Holding[]): void {
  const holders = new Map<string, string>()
  for (const { place, token, at } of holdings) {
    const other = holders.get(`${place} ${token}`)
    assert.ok(other === undefined || other === at, `${other} and ${at} share the token ${token} of ${place}`)
    holders.set(`${place} ${token}`, at)
  }
}

/** What a holder handed over is what the server keeps, and what the next one begins with. */
function checkHandovers(holdings: readonly Holding[], kept: readonly Kept[]): void {
  for (const { place, token, began, at } of holdings) {
    const line = kept.filter((one) => one.place === place)
    const claim = line.find((one) => one.token === token)
    // One that crashed is started again with nothing, as everywhere.
    const isFirst = holdings.find((one) => one.place === place && one.token === token)?.began === began
    if (claim === undefined || !isFirst) continue
    const sentence = `${place} at ${at} with token ${token} began with`
    assert.deepEqual(began, claim.handedOver, `${sentence} ${began.length}, not with what was handed over`)
  }
}

interface Ledgers {
  readonly holdings: readonly Holding[]
  readonly kept: readonly Kept[]
  readonly acknowledged: ReadonlyMap<string, string>
  readonly held: ReadonlyMap<string, readonly string[]>
  readonly losses: boolean
}

/** What is missing in the end was lost with a holder that could not hand over: its claim was taken, not released. */
function checkLosses({ holdings, kept, acknowledged, held, losses }: Ledgers): void {
  for (const [id, place] of acknowledged) {
    if (held.get(place)?.includes(id)) continue
    const line = holdings.filter((one) => one.place === place)
    const sentence = `${id} was acknowledged by ${place} and is missing: ${line.map(storyOf).join('; ')}`
    assert.ok(losses, sentence)
    const had = line.filter((one) => one.took.includes(id) || one.began.includes(id))
    const isLost = had.some(({ token }) => {
      const next = kept.find((one) => one.place === place && one.token > token)
      return next !== undefined && !next.released
    })
    assert.ok(isLost, `${sentence}; each of those who had it handed over`)
  }
}

function storyOf({ at, token, began, took, left }: Holding): string {
  return `${at} ${token} began with ${began.length}, took ${took.length}, ${left === undefined ? 'left nothing' : `left ${left.length}`}`
}

/** Every claim of a shard that the server ever kept, in order. */
function keptClaims(sim: Simulation): readonly Kept[] {
  const kept: Kept[] = []
  const codec = createCodec({})
  const { system } = sim.node(sim.names[0] as string).ports
  const watching = sim.server.truth.state(`${system}-claims`).then((state) =>
    state.watch(`${name}.*`, (change) => {
      if (change.type === 'delete') return
      const [, , , , released, handedOver] = codec.decode(change.value) as readonly unknown[]
      const told = (handedOver ?? []) as readonly string[]
      kept.push({ place: change.key, token: change.revision, released: released === true, handedOver: told })
    }),
  )
  watching.catch((thrown) => sim.fail(thrown))
  return kept
}
