import { engineUnavailable, isMabeamError, seededRandom } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { JetStreamApiError, type JetStreamPublishOptions, type StoredMsg } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/nats-core'
import { describe, expect, test } from 'vitest'
import { type NatsAccess, type NatsPort, natsLimitDefaults } from '../nats-port.ts'
import { ArrivalClock } from './arrival-clock.ts'
import { openState } from './state.ts'

/** Refuses like a server that led the others until a moment ago, and is the first to answer. */
class TwoLeaders {
  /** Whether the one that leads now does what is refused. */
  applies = true
  /** So many questions for the newest message are answered by the other one, with the first there was. */
  behind = 0
  /** What others write before the refusal is heard. */
  meanwhile = 0
  readonly #newest = new Map<string, Kept>()
  readonly #first = new Map<string, Kept>()
  #last = 0

  readonly access = (): NatsAccess => {
    const client = { publish: (...asked: Parameters<TwoLeaders['publish']>) => this.publish(...asked) }
    const streams = {
      add: async () => ({}),
      getMessage: async (_: string, { last_by_subj }: Query) => this.#read(last_by_subj),
    }
    return { client, manager: { streams } } as unknown as NatsAccess
  }

  async publish(subject: string, data: Uint8Array, options: Partial<JetStreamPublishOptions>): Promise<never> {
    const known = this.#newest.get(subject)?.seq ?? 0
    const expected = options.expect?.lastSubjectSequence
    if (this.applies && expected === known) this.#keep(subject, data, options.headers as MsgHdrs)
    for (let n = this.meanwhile; n > 0; n--) this.#keep(subject, data, headers())
    throw new JetStreamApiError({ code: 400, err_code: 10_071, description: `wrong last sequence: ${known}` })
  }

  /** With the condition in the headers, as a server keeps it. */
  #keep(subject: string, data: Uint8Array, header: MsgHdrs): void {
    header.set('Nats-Expected-Last-Subject-Sequence', String(this.#newest.get(subject)?.seq ?? 0))
    const kept = { seq: ++this.#last, header, data }
    this.#newest.set(subject, kept)
    if (!this.#first.has(subject)) this.#first.set(subject, kept)
  }

  #read(subject: string): StoredMsg {
    const found = (this.behind-- > 0 ? this.#first : this.#newest).get(subject)
    if (found === undefined)
      throw new JetStreamApiError({ code: 404, err_code: 10_037, description: 'no message found' })
    return found as unknown as StoredMsg
  }
}

/** The server asked first takes what is sent and answers nothing; the one asked after a while leads. Others write in between. */
class HangingServer {
  readonly leader = new TwoLeaders()
  #isHung = false

  hang(): void {
    this.#isHung = true
    this.leader.meanwhile = 1
  }

  readonly access = (): NatsAccess => {
    if (!this.#isHung) return this.leader.access()
    const { client, manager } = this.leader.access()
    const hung = <T>() => Promise.withResolvers<T>().promise
    const publish: typeof client.publish = (...asked) => {
      client.publish(...asked).catch(() => {})
      this.leader.applies = false
      this.leader.meanwhile = 0
      return hung()
    }
    return {
      client: { publish },
      manager: { streams: { ...manager.streams, getMessage: hung } },
    } as unknown as NatsAccess
  }

  readonly otherAccess = (): NatsAccess | undefined => (this.#isHung ? this.leader.access() : undefined)
}

interface Kept {
  readonly seq: number
  readonly header: MsgHdrs
  readonly data: Uint8Array
}

interface Query {
  readonly last_by_subj: string
}

async function stateOn(leaders: TwoLeaders | HangingServer) {
  const clock = virtualClock({ between: 'promises' })
  const port: NatsPort = {
    name: 'nats',
    clock,
    random: seededRandom(1),
    limits: natsLimitDefaults,
    replicas: 3,
    requestTimeoutMs: 1_000,
    closing: new AbortController().signal,
    bytesMax: () => 1_000,
    access: leaders.access,
    otherAccess: 'otherAccess' in leaders ? leaders.otherAccess : () => undefined,
    onReconnect: () => () => {},
    checkOpen: () => {},
    checkSize: () => {},
    failure: (thrown, doing) => {
      return isMabeamError(thrown) ? thrown : engineUnavailable('nats', doing, thrown)
    },
    report: () => {},
  }
  const state = await openState({ port, arrivals: new ArrivalClock(clock), handingBack: new Set() }, 's', {})
  return { clock, state }
}

describe('a write on a condition that is refused by a server that leads no more', () => {
  test('is told as done when the one that leads has done it', async () => {
    const { state } = await stateOn(new TwoLeaders())
    expect(await state.create('a', new Uint8Array([1]))).toBe(2)
    expect(await state.update('a', new Uint8Array([2]), 2)).toBe(4)
    await state.delete('a', 4)
    expect(await state.create('a', new Uint8Array([3]))).toBe(8)
  })

  test('is a conflict when somebody else wrote, and none of its own', async () => {
    const leaders = new TwoLeaders()
    const { state } = await stateOn(leaders)
    await state.create('a', new Uint8Array([1]))
    await state.update('a', new Uint8Array([2]), 2)
    const conflict = { code: 'foundation/revision-conflict' }
    await expect(state.update('a', new Uint8Array([3]), 2)).rejects.toMatchObject(conflict)
    await expect(state.create('a', new Uint8Array([3]))).rejects.toMatchObject(conflict)
  })

  test('is told as done though the server that is asked for the newest is behind', async () => {
    const leaders = new TwoLeaders()
    const { state, clock } = await stateOn(leaders)
    await state.create('a', new Uint8Array([1]))
    await state.update('a', new Uint8Array([2]), 2)
    leaders.behind = 3
    const updating = state.update('a', new Uint8Array([3]), 4)
    await clock.advance(1_000)
    expect(await updating).toBe(6)
  })

  test('is not known to be done or not when others have written over it', async () => {
    const leaders = new TwoLeaders()
    const { state } = await stateOn(leaders)
    await state.create('a', new Uint8Array([1]))
    leaders.meanwhile = 1
    const unknown = { code: 'foundation/engine-unavailable' }
    await expect(state.update('a', new Uint8Array([2]), 2)).rejects.toMatchObject(unknown)
    await expect(state.create('b', new Uint8Array([1]))).rejects.toMatchObject(unknown)
  })

  test('is not known to be done or not when nobody has done it in time', async () => {
    const leaders = new TwoLeaders()
    const { state, clock } = await stateOn(leaders)
    await state.create('a', new Uint8Array([1]))
    leaders.applies = false
    const updating = expect(state.update('a', new Uint8Array([2]), 2)).rejects.toMatchObject({
      code: 'foundation/engine-unavailable',
    })
    await clock.advance(1_000)
    await updating
  })
})

test('a write that went out twice and was refused once is no conflict: the other one may have been done, and written over', async () => {
  const server = new HangingServer()
  const { state, clock } = await stateOn(server)
  await state.create('a', new Uint8Array([1]))
  server.hang()
  const updating = expect(state.update('a', new Uint8Array([2]), 2)).rejects.toMatchObject({
    code: 'foundation/engine-unavailable',
  })
  await clock.advance(1_000)
  await updating
})
