/**
 * Which of two nodes goes on with an actor that was on its way between them, where they can't ask each other: whoever says so first.
 * Kept apart from the name, whose record others remove when they think that a node is gone.
 */

import type { KeyedState } from '../engine/keyed-state.ts'
import { engineUnavailable } from '../errors/engine-errors.ts'
import { hasCode } from '../errors.ts'
import type { NodePort } from '../node-port.ts'

/** The node it leaves, or the one it goes to. */
export type Side = 'source' | 'target'

/** How long a decision is kept: longer than any node that has a part in it may be away without being started anew. */
const keptMs = 600_000
const attemptsMax = 5

export class Decisions {
  readonly #port: Pick<NodePort, 'engine' | 'system' | 'codec'>
  #state: Promise<KeyedState> | undefined

  constructor(port: Pick<NodePort, 'engine' | 'system' | 'codec'>) {
    this.#port = port
  }

  /** Who goes on, `side` where nobody had said so. Rejects with `foundation/engine-unavailable` when that is not known. */
  async decide(move: string, side: Side): Promise<Side> {
    const { codec, engine } = this.#port
    const state = await this.#opened()
    for (let left = attemptsMax; left > 0; left--) {
      try {
        await state.create(move, codec.encode(side, 'decision'))
        return side
      } catch (thrown) {
        if (!hasCode(thrown, 'foundation/revision-conflict')) throw thrown
      }
      // An old part of the engine may not have it yet.
      const held = await state.get(move)
      if (held !== undefined) return codec.decode(held.value) === 'source' ? 'source' : 'target'
    }
    throw engineUnavailable(engine.name, `deciding ${move}`)
  }

  #opened(): Promise<KeyedState> {
    const opening = this.#state ?? this.#port.engine.state(`${this.#port.system}-moves`, { expiryMs: keptMs })
    this.#state = opening
    // What could not be opened is tried again the next time.
    opening.catch(() => {
      this.#state = undefined
    })
    return opening
  }
}
