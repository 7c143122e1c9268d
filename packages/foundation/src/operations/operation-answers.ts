/** A node's side of operations: it listens on a subject of its own, and answers. */

import type { EngineMessage, Subscription } from '../engine/engine.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import type { DrainOptions, DrainReport } from './node-draining.ts'
import type { NodeStatus } from './node-status.ts'
import { answerBytes, type OperationRequest, operationSubject, readRequest } from './operation-message.ts'

/** The node, as operations know it. */
export interface OperationHost {
  status(): Promise<NodeStatus>
  drain(options: DrainOptions): Promise<DrainReport>
  undrain(): void
  /** Ends the node, without waiting for it. */
  close(): void
}

/** Operations under way at once; one more is refused. */
export const operationsMax = 64

/**
 * *Delivery*: each request is answered once, with a result or an error, unless the node ends before. Asking twice for the same does it
 * once: draining goes on until it is taken back.
 */
export class OperationAnswers implements AsyncDisposable {
  readonly #port: NodePort
  readonly #host: OperationHost
  #subscription: Subscription | undefined
  #underWay = 0

  constructor(port: NodePort, host: OperationHost) {
    this.#port = port
    this.#host = host
  }

  async open(): Promise<void> {
    const { engine, system, name } = this.#port
    const subject = operationSubject(system, name)
    this.#subscription = await engine.subscribe(subject, (message) => void this.#answer(message))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]()
  }

  /** Never rejects. */
  async #answer(message: EngineMessage): Promise<void> {
    const { codec, name } = this.#port
    if (this.#underWay >= operationsMax) {
      return this.#respond(message, { thrown: limitReached(`node ${name}`, 'operations', operationsMax) })
    }
    this.#underWay++
    try {
      const request = readRequest(codec, message.body)
      this.#report('operation-asked', { operation: request.operation })
      const result = await this.#carryOut(request)
      this.#respond(message, { result })
      // Also where nobody could be told: it was asked for, and what it had is given away.
      if (request.operation === 'leave') this.#host.close()
    } catch (thrown) {
      this.#report('operation-failed', { message: messageOf(thrown) })
      this.#respond(message, { thrown })
    } finally {
      this.#underWay--
    }
  }

  /** Never throws: what can't be sent is said instead, and where that can't be sent either, who asked hears of silence. */
  #respond(message: EngineMessage, answer: { readonly result: unknown } | { readonly thrown: unknown }): void {
    try {
      message.respond(answerBytes(this.#port.codec, answer))
    } catch (thrown) {
      this.#report('operation-failed', { message: messageOf(thrown) })
      if ('result' in answer) this.#respond(message, { thrown })
    }
  }

  async #carryOut({ operation, timeoutMs }: OperationRequest): Promise<unknown> {
    switch (operation) {
      case 'status':
        return await this.#host.status()
      case 'undrain':
        this.#host.undrain()
        return null
      case 'drain':
      case 'leave':
        return await this.#host.drain({ timeoutMs })
    }
  }

  #report(event: string, metadata: { readonly [name: string]: string }): void {
    const { telemetry, name: node } = this.#port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata: { node, ...metadata } })
  }
}
