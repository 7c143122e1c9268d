/** Asks the nodes of a system, from outside of it or from another node. */

import { type Clock, delay } from '../clock.ts'
import type { Codec } from '../codec/codec.ts'
import type { Engine } from '../engine/engine.ts'
import { noSuchNode, operationTimeout } from '../errors/operation-errors.ts'
import { operationRefused } from '../errors/security-errors.ts'
import { isMabeamError, messageOf } from '../errors.ts'
import { probeSubject } from '../membership/pulse-subjects.ts'
import { type RefusalReason, refusalOf } from '../security/frame.ts'
import { untilAborted } from '../until-aborted.ts'
import type { Presence } from './cluster-status.ts'
import type { NodeStatus } from './node-status.ts'
import {
  type OperationName,
  type OperationResults,
  operationSubject,
  readAnswer,
  requestBytes,
} from './operation-message.ts'

export interface NodeClientPort {
  readonly system: string
  readonly engine: Engine
  readonly clock: Clock
  readonly codec: Codec
}

export interface Asking {
  /** What the node itself may take. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** How a node is, and what it said of itself. */
export interface Answered {
  readonly presence: Presence
  readonly status: NodeStatus | null
  readonly failure: string
}

/** For its answer to arrive after it has waited. */
const answerMs = 2_000
/** For a sign of life. */
const pulseWaitMs = 500
/** So often it is looked whether a node is gone that was to leave. */
const goneEveryMs = 50

export class NodeClient {
  readonly #port: NodeClientPort

  constructor(port: NodeClientPort) {
    this.#port = port
  }

  /**
   * Rejects with what the node did, `foundation/no-such-node`, `foundation/operation-timeout`, `foundation/operation-refused`,
   * `signal.reason`, and as the engine does.
   */
  async ask<N extends OperationName>(node: string, operation: N, asking: Asking): Promise<OperationResults[N]> {
    const { system, engine, codec } = this.#port
    const { timeoutMs, signal } = asking
    const waits = operation === 'drain' || operation === 'leave'
    const withinMs = waits ? timeoutMs + answerMs : Math.max(1, timeoutMs)
    const body = requestBytes(codec, { operation, timeoutMs })
    try {
      const subject = operationSubject(system, node)
      const answer = await engine.request(subject, body, { timeoutMs: withinMs, signal })
      const refusal = refusalOf(answer)
      if (refusal !== undefined) throw operationRefused(operation, node, refusal)
      return readAnswer<N>(codec, answer)
    } catch (thrown) {
      const code = isMabeamError(thrown) ? thrown.code : ''
      if (code === 'foundation/no-responders') throw noSuchNode(system, node)
      if (code === 'foundation/request-timeout') throw operationTimeout(operation, node, withinMs)
      if (isMabeamError(thrown) && code === 'foundation/message-refused') {
        throw operationRefused(operation, node, thrown.data.reason as RefusalReason)
      }
      throw thrown
    }
  }

  /** Never rejects, but for `signal.reason`. */
  async look(node: string, asking: Asking): Promise<Answered> {
    try {
      return { presence: 'here', status: await this.ask(node, 'status', asking), failure: '' }
    } catch (thrown) {
      asking.signal?.throwIfAborted()
      const code = isMabeamError(thrown) ? thrown.code : ''
      if (code === 'foundation/no-such-node') return { presence: 'gone', status: null, failure: '' }
      if (code !== 'foundation/operation-timeout') {
        return { presence: 'failed', status: null, failure: messageOf(thrown) }
      }
      return { presence: (await this.#beats(node, asking.signal)) ? 'busy' : 'silent', status: null, failure: '' }
    }
  }

  /** Resolves when nobody of that name listens any more. Rejects with `foundation/operation-timeout` and `signal.reason`. */
  async gone(node: string, { timeoutMs, signal }: Asking): Promise<void> {
    const { clock } = this.#port
    const untilMs = clock.monotonicMs() + timeoutMs
    for (;;) {
      const { presence } = await this.look(node, { timeoutMs: goneEveryMs, signal })
      if (presence === 'gone') return
      if (clock.monotonicMs() >= untilMs) throw operationTimeout('leave', node, timeoutMs)
      await delay(clock, goneEveryMs, signal)
    }
  }

  /** Whether its process lives: a busy one answers that, and nothing else. */
  async #beats(node: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { system, engine } = this.#port
    const asking = engine.request(probeSubject(system, node), new Uint8Array(0), { timeoutMs: pulseWaitMs, signal })
    return await asking.then(
      () => true,
      () => false,
    )
  }
}

/** What `work` gives; rejects with what `late` makes when the time is over, and with `signal.reason`. */
export async function within<T>(
  clock: Clock,
  given: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined; readonly late: () => Error },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal, late } = given
  signal?.throwIfAborted()
  const ending = new AbortController()
  const cancel = clock.setTimer(timeoutMs, () => ending.abort(late()), { unref: true })
  const either = signal === undefined ? ending.signal : AbortSignal.any([ending.signal, signal])
  try {
    return await untilAborted(work(either), either)
  } finally {
    cancel()
  }
}
