/**
 * Claims: who has what, as long as its session lasts. A claim is a key in replicated state that is written once when it is
 * taken, and its revision is the fencing token: every later holder has a higher one, and a sink that refuses lower tokens than it
 * has seen is safe from a holder that does not know yet that it is none any more.
 */

import type { KeyedState, StateEntry } from '../engine/keyed-state.ts'
import { WatchedState } from '../engine/watched-state.ts'
import { hasCode } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { type Claim, claimBytes, claimRecord } from './claim-record.ts'
import type { Sessions } from './sessions.ts'

export type { Claim } from './claim-record.ts'

export class Claims implements AsyncDisposable {
  readonly #port: NodePort
  readonly #sessions: Sessions
  readonly #listeners = new Set<(key: string | undefined) => void>()
  /** What was read already: a placement looks at all its claims whenever one changes. */
  readonly #known = new WeakMap<StateEntry, Claim>()
  #keyed: KeyedState | undefined
  #copy: WatchedState | undefined
  #stopSessions: (() => void) | undefined
  #closed = false

  constructor(port: NodePort, sessions: Sessions) {
    this.#port = port
    this.#sessions = sessions
  }

  async open(): Promise<void> {
    const { system, engine } = this.#port
    this.#keyed = await engine.state(`${system}-claims`)
    const onChange = ({ key }: { readonly key: string }) => this.#changed(key)
    this.#copy = new WatchedState(this.#keyed, { ...this.#port, onChange })
    await this.#copy.open()
    this.#stopSessions = this.#sessions.onChange(() => this.#changed(undefined))
  }

  /** The claim as last heard of, whether it still holds or not. */
  get(key: string): Claim | undefined {
    const entry = this.#copy?.get(key)
    return entry && this.#read(entry)
  }

  /** Claims whose key begins so, held or not. */
  under(prefix: string): readonly Claim[] {
    const claims: Claim[] = []
    for (const entry of this.#copy?.entries ?? []) {
      const claim = entry.key.startsWith(prefix) ? this.#read(entry) : undefined
      if (claim !== undefined) claims.push(claim)
    }
    return claims
  }

  /** `free`: may be taken. `unknown`: news of its holder's session are still to come. */
  standing(key: string): 'held' | 'free' | 'unknown' {
    const claim = this.get(key)
    if (claim === undefined || claim.released) return 'free'
    const life = this.#sessions.life(claim.node, claim.session)
    return life === 'alive' ? 'held' : life === 'over' ? 'free' : 'unknown'
  }

  /** Called with a key whose claim changed, and with none when sessions changed. */
  onChange(listener: (key: string | undefined) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes the claim for this node's session. Undefined when somebody else has it, or this node has no session. Rejects with
   * `foundation/engine-unavailable` when the outcome is not known; taking it again settles that.
   * `note` is what it says instead of what was handed over.
   */
  async take(key: string, note?: string): Promise<Claim | undefined> {
    const session = this.#sessions.own
    if (this.#closed || session === undefined || this.standing(key) !== 'free') return undefined
    const before = this.get(key)
    try {
      const claim = await this.#write(key, { session, released: false, before, handedOver: note ?? before?.handedOver })
      // The session may have ended meanwhile: then the claim is void, as everybody can see.
      return this.#sessions.own === session ? claim : undefined
    } catch (thrown) {
      if (hasCode(thrown, 'foundation/revision-conflict')) return undefined
      throw thrown
    }
  }

  /** Gives up what this node holds; the next holder gets `handedOver`. Rejects when that is not known to be done. */
  async release(claim: Claim, handedOver?: unknown): Promise<void> {
    if (this.#closed) return
    await this.#write(claim.key, { session: claim.session, released: true, before: claim, handedOver }).catch(
      (thrown) => {
        // Somebody else has it already.
        if (!hasCode(thrown, 'foundation/revision-conflict')) throw thrown
      },
    )
  }

  /** Forgets a claim altogether, so that its key is free space again. */
  async forget(key: string): Promise<void> {
    const claim = this.get(key)
    if (claim !== undefined) await this.#keyed?.delete(key, claim.token)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopSessions?.()
    await this.#copy?.[Symbol.asyncDispose]()
  }

  async #write(
    key: string,
    what: {
      readonly session: number
      readonly released: boolean
      readonly before: Claim | undefined
      readonly handedOver: unknown
    },
  ): Promise<Claim | undefined> {
    const { name, epoch, codec } = this.#port
    const keyed = this.#keyed as KeyedState
    const { before, ...said } = what
    const value = claimBytes(codec, { key, node: name, epoch, ...said })
    const revision = await (before === undefined ? keyed.create(key, value) : keyed.update(key, value, before.token))
    const entry: StateEntry = { key, value, revision }
    this.#copy?.note(entry)
    return this.#read(entry)
  }

  /** Undefined for what no node of this version wrote. */
  #read(entry: StateEntry): Claim | undefined {
    const known = this.#known.get(entry)
    if (known !== undefined) return known
    const claim = claimRecord(this.#port.codec, entry)
    if (claim === undefined) return undefined
    this.#known.set(entry, claim)
    return claim
  }

  #changed(key: string | undefined): void {
    for (const listener of this.#listeners) listener(key)
  }
}
