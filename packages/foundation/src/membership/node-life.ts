/**
 * That of one name and one epoch there is one life: a node that joins asks whether its name is in use, then says that it is there. Of
 * two that ask at the same moment and hear nothing, the one with the lower tag stays. Lives of different epochs are for
 * membership to tell apart: the higher one replaces the lower.
 */

import type { EngineMessage, Subscription } from '../engine/engine.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { nodeNameTaken } from '../errors/operation-errors.ts'
import { isMabeamError, messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'

/** A life as it is said to others. */
export interface LifeTag {
  readonly epoch: number
  /** Random. */
  readonly tag: number
}

/** What a life does that hears that another one of its name is there. */
export type LifeVerdict = 'ignore' | 'yield' | 'insist'

/**
 * Ensures: of two different lives of one epoch exactly one yields, whichever hears of the other; the same life, and one of another
 * epoch, is ignored.
 */
export function lifeVerdict(own: LifeTag, other: LifeTag): LifeVerdict {
  if (own.epoch !== other.epoch || own.tag === other.tag) return 'ignore'
  return own.tag < other.tag ? 'insist' : 'yield'
}

export interface NodeLifeSettings {
  readonly port: NodePort
  /** How long who has the name may take to say so. */
  readonly timeoutMs: number
  /** Another life has the name: this one is over. Called once. */
  readonly onTaken: () => void
}

export class NodeLife implements AsyncDisposable {
  readonly #settings: NodeLifeSettings
  readonly #own: LifeTag
  #subscription: Subscription | undefined
  #isOver = false

  constructor(settings: NodeLifeSettings) {
    const { epoch, random } = settings.port
    this.#settings = settings
    this.#own = { epoch, tag: random.fork('life').int(2 ** 32) }
  }

  /** Rejects with `foundation/node-name-taken`, and as the engine does. */
  async open(): Promise<void> {
    const { engine, name, epoch } = this.#settings.port
    if (await this.#isTaken()) throw nodeNameTaken(name, epoch)
    this.#subscription = await engine.subscribe(this.#subject, (message) => this.#hear(message))
    this.#say()
  }

  /** Throws `foundation/node-name-taken` where another life was heard of meanwhile. */
  check(): void {
    const { name, epoch } = this.#settings.port
    if (this.#isOver) throw nodeNameTaken(name, epoch)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]()
  }

  get #subject(): string {
    const { system, name } = this.#settings.port
    return `${system}.member.life.${name}`
  }

  /** Asked before this life listens itself, so that whoever answers is another one. */
  async #isTaken(): Promise<boolean> {
    const { port, timeoutMs } = this.#settings
    try {
      const answer = await port.engine.request(this.#subject, this.#bytes(), { timeoutMs })
      return this.#read(answer).epoch === port.epoch
    } catch (thrown) {
      // Nobody, or one that has hung and will hear of this life when it goes on.
      const code = isMabeamError(thrown) ? thrown.code : ''
      if (code === 'foundation/no-responders' || code === 'foundation/request-timeout') return false
      throw thrown
    }
  }

  #hear(message: EngineMessage): void {
    if (this.#isOver) return
    try {
      const other = this.#read(message.body)
      // Who asks has not begun yet, and is told; it decides for itself.
      if (message.isRequest) message.respond(this.#bytes())
      else this.#follow(lifeVerdict(this.#own, other))
    } catch (thrown) {
      this.#report('member-message-unreadable', { message: messageOf(thrown) })
    }
  }

  #follow(verdict: LifeVerdict): void {
    if (verdict === 'insist') this.#say()
    if (verdict !== 'yield') return
    this.#isOver = true
    this.#report('node-name-taken', { epoch: this.#own.epoch })
    this.#settings.onTaken()
  }

  #say(): void {
    try {
      this.#settings.port.engine.publish(this.#subject, this.#bytes())
    } catch (thrown) {
      this.#report('member-message-unsent', { subject: this.#subject, message: messageOf(thrown) })
    }
  }

  #bytes(): Uint8Array {
    const { epoch, tag } = this.#own
    return this.#settings.port.codec.encode([1, epoch, tag], 'life')
  }

  #read(bytes: Uint8Array): LifeTag {
    const parts = this.#settings.port.codec.decode(bytes)
    const [version, epoch, tag] = Array.isArray(parts) ? parts : []
    if (version !== 1 || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(tag)) {
      throw unreadableMessage('expected a life of a node, version 1')
    }
    return { epoch, tag }
  }

  #report(event: string, metadata: { readonly [name: string]: string | number }): void {
    const { telemetry, name: node } = this.#settings.port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata: { node, ...metadata } })
  }
}
