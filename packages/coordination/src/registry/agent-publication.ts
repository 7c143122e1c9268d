/**
 * Keeps what the system can find of one agent as it is wanted: its name in the directory, and its instance of the service of its type.
 * Writes one after the other; while the engine is away they are tried again. The newest wish counts.
 */

import {
  type ActorAddress,
  type Directory,
  delay,
  hasCode,
  type Json,
  type Node,
  type Services,
} from '@mabeam/foundation'

/** What is to be found. */
export interface Published {
  /** Of its instance; none: it can't be found by what it can do. */
  readonly instance: ActorAddress | undefined
  /** Of its name; none: it can't be called by it, or somebody else sees to that. */
  readonly name: ActorAddress | undefined
}

export interface PublicationParts {
  readonly node: Node
  readonly directory: Directory
  readonly services: Services
}

/** What is said of the agent. */
export interface PublishedAgent {
  readonly name: string
  readonly service: string
  readonly capabilities: readonly string[]
  readonly metadata: { readonly [key: string]: Json }
}

/** How long after the engine did not answer it is asked again. */
const againMs = 500

const nothing: Published = { instance: undefined, name: undefined }

export class AgentPublication {
  readonly #parts: PublicationParts
  readonly #agent: PublishedAgent
  readonly #closed = new AbortController()
  #wanted: Published = nothing
  #done: Published = nothing
  /** Why it is tried again. */
  #lastFailure: unknown = new Error('the engine does not answer')
  /** What is under way; rejects when the name is somebody else's. */
  #work: Promise<void> | undefined

  constructor(parts: PublicationParts, agent: PublishedAgent) {
    this.#parts = parts
    this.#agent = agent
  }

  want(wanted: Published): void {
    this.#wanted = wanted
    if (this.#work !== undefined) return
    this.#work = this.#carryOut().finally(() => {
      this.#work = undefined
    })
    this.#work.catch(() => {})
  }

  /**
   * Resolves when all that is wanted is so; rejects with `foundation/name-taken` and what else can't be mended by waiting, and after
   * `timeoutMs` with why it is not so yet.
   */
  async settled(timeoutMs: number): Promise<void> {
    const work = this.#work
    if (work === undefined) return
    const done = new AbortController()
    const late = delay(this.#parts.node.clock, timeoutMs, done.signal).then(() => {
      throw this.#lastFailure
    })
    late.catch(() => {})
    await Promise.race([work, late]).finally(() => done.abort())
  }

  /** Takes back what can be taken back now; what can't goes with the node. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#work?.catch(() => {})
    this.#wanted = nothing
    await this.#step().catch(() => {})
  }

  async #carryOut(): Promise<void> {
    const { signal } = this.#closed
    while (!isSame(this.#wanted, this.#done) && !signal.aborted) {
      try {
        await this.#step()
      } catch (thrown) {
        if (hasCode(thrown, 'foundation/name-taken') || !isTemporary(thrown)) {
          this.#wanted = this.#done
          throw thrown
        }
        this.#lastFailure = thrown
        await delay(this.#parts.node.clock, againMs, signal).catch(() => {})
      }
    }
  }

  /** The name comes before and goes after, so that whoever is found can be called. */
  async #step(): Promise<void> {
    const { directory, services } = this.#parts
    const { name, service, capabilities, metadata } = this.#agent
    const wanted = this.#wanted
    if (wanted.name !== undefined && !isSameAddress(wanted.name, this.#done.name)) {
      await directory.register(name, wanted.name)
      this.#done = { ...this.#done, name: wanted.name }
    }
    const { instance } = this.#done
    if (instance !== undefined && !isSameAddress(wanted.instance, instance)) {
      await withdrawn(services.deregister(service, instance))
      this.#done = { ...this.#done, instance: undefined }
    }
    if (wanted.instance !== undefined && this.#done.instance === undefined) {
      await services.register(service, wanted.instance, { capabilities, metadata })
      this.#done = { ...this.#done, instance: wanted.instance }
    }
    if (wanted.name === undefined && this.#done.name !== undefined) {
      await withdrawn(directory.unregister(name))
      this.#done = { ...this.#done, name: undefined }
    }
  }
}

/** What can't be taken back now is taken back later by the directory, which waits for the engine by itself. */
async function withdrawn(taking: Promise<void>): Promise<void> {
  await taking.catch((thrown) => {
    if (!isTemporary(thrown)) throw thrown
  })
}

function isSame(a: Published, b: Published): boolean {
  return isSameAddress(a.instance, b.instance) && isSameAddress(a.name, b.name)
}

function isSameAddress(a: ActorAddress | undefined, b: ActorAddress | undefined): boolean {
  return a?.node === b?.node && a?.id === b?.id
}

function isTemporary(thrown: unknown): boolean {
  return hasCode(thrown, 'foundation/engine-unavailable') || hasCode(thrown, 'foundation/outcome-unknown')
}
