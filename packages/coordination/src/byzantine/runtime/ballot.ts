/** A member's answer to an ask as the bytes of its ballot, made by the node of its agent. That there is none is said as well. */

import { type Codec, createCodec } from '@mabeam/foundation'
import type { AgentRequest, RequestAnswer } from '../../agents/agent-request.ts'
import { agentRequests } from '../../agents/agent-request.ts'
import type { CollectedAsk } from '../../sessions/collector.ts'
import type { Absence } from '../../sessions/protocol.ts'
import { isExactData } from './exact-data.ts'

/** What a node says its agent said, and how long that took. */
export type Ballot =
  | { readonly value: RequestAnswer<AgentRequest>; readonly latencyMs: number }
  | { readonly absent: Absence | 'not-asked'; readonly latencyMs: number }

const version = 1
const absences: ReadonlySet<unknown> = new Set<Absence | 'not-asked'>([
  'late',
  'gone',
  'failed',
  'malformed',
  'too-large',
  'not-asked',
])
const latencyMsMax = 1e9

/** Inputs of a request; `own` is each member's own. */
export type AskInput = Pick<CollectedAsk, 'input' | 'own'>

/** Each is asked for several times on its way, by several codecs that all read the same, and is never changed. */
const read = new WeakMap<Uint8Array, { readonly request: AgentRequest; readonly ballot: Ballot | undefined }>()

/** Writes and reads ballots; all nodes do it the same way. */
export class BallotCodec {
  readonly #codec: Codec = createCodec()

  /** Of an answer that was checked. One that does not fit, or that no message may hold, becomes its absence. */
  encode(request: AgentRequest, given: Ballot, bytesMax: number): Uint8Array {
    const latencyMs = Math.min(latencyMsMax, Math.max(0, Math.round(given.latencyMs)))
    if ('absent' in given) return this.#absent(request, given.absent, latencyMs)
    try {
      const { value } = given
      const bytes = this.#codec.encode([version, latencyMs, null, value])
      if (bytes.length > bytesMax) return this.#absent(request, 'too-large', latencyMs)
      if (isExactData(value)) read.set(bytes, { request, ballot: { value, latencyMs } })
      return bytes
    } catch {
      return this.#absent(request, 'malformed', latencyMs)
    }
  }

  #absent(request: AgentRequest, absent: Absence | 'not-asked', latencyMs: number): Uint8Array {
    const bytes = this.#codec.encode([version, latencyMs, absent])
    if (absences.has(absent)) read.set(bytes, { request, ballot: { absent, latencyMs } })
    return bytes
  }

  /** Nothing for what is no ballot on that request: then it can't be decided on. Never throws. */
  decode(request: AgentRequest, bytes: Uint8Array): Ballot | undefined {
    const known = read.get(bytes)
    if (known?.request === request) return known.ballot
    const ballot = this.#decode(request, bytes)
    read.set(bytes, { request, ballot })
    return ballot
  }

  #decode(request: AgentRequest, bytes: Uint8Array): Ballot | undefined {
    const [written, latencyMs, absent, raw, ...more] = this.#list(bytes)
    if (written !== version || more.length > 0) return undefined
    if (typeof latencyMs !== 'number' || !Number.isInteger(latencyMs) || latencyMs < 0 || latencyMs > latencyMsMax)
      return undefined
    if (absent !== null) {
      return absences.has(absent) && raw === undefined ? { absent: absent as Absence, latencyMs } : undefined
    }
    const { success, data } = agentRequests[request].answer.safeParse(raw)
    if (!success || ('value' in data && data.value === undefined)) return undefined
    return { value: data as RequestAnswer<AgentRequest>, latencyMs }
  }

  /** What agents are asked, as bytes; throws `foundation/unsendable`, `foundation/payload-too-large`. */
  encodeInput({ input, own }: AskInput): Uint8Array {
    return this.#codec.encode(own === undefined ? [version, input] : [version, input, own], 'question')
  }

  /** Nothing for bytes that are no input. */
  input(bytes: Uint8Array): AskInput | undefined {
    const [written, input, own] = this.#list(bytes)
    if (written !== version || typeof input !== 'object' || input === null) return undefined
    return typeof own === 'object' && own !== null ? { input, own: own as NonNullable<AskInput['own']> } : { input }
  }

  /** The same answer in other bytes: what a liar says to others. */
  variant(bytes: Uint8Array, number: number): Uint8Array {
    const [written, latencyMs, ...rest] = this.#list(bytes)
    return this.#codec.encode([written, Number(latencyMs) + number, ...rest])
  }

  #list(bytes: Uint8Array): readonly unknown[] {
    try {
      const read = this.#codec.decode(bytes)
      return Array.isArray(read) ? read : []
    } catch {
      return []
    }
  }
}
