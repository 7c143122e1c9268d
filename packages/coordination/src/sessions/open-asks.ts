/** Asks under way: who is still to be heard of. Each who was asked comes exactly once; all else that a collector tells is refused. */

import type { Answer } from './protocol.ts'

export interface OpenAsk {
  readonly ask: string
  readonly round: number
  readonly waiting: Set<string>
  /** Ends the gathering. */
  readonly control: AbortController
}

/** Why somebody's answer does not reach the protocol. */
export type StrayReason = 'closed' | 'duplicate'

export class OpenAsks {
  readonly #known = new Set<string>()
  readonly #open = new Map<string, OpenAsk>()

  get openCount(): number {
    return this.#open.size
  }

  /** Whether an ask of that name was made. */
  has(ask: string): boolean {
    return this.#known.has(ask)
  }

  open(ask: string, round: number, to: readonly string[]): OpenAsk {
    const opened = { ask, round, waiting: new Set(to), control: new AbortController() }
    this.#known.add(ask)
    this.#open.set(ask, opened)
    return opened
  }

  /** Those answers that are waited for; the others go to `stray`. */
  take(
    ask: OpenAsk,
    answers: readonly Answer[],
    stray: (answer: Answer, reason: StrayReason) => void,
  ): readonly Answer[] {
    const isOpen = this.#open.get(ask.ask) === ask
    const taken = answers.filter((answer) => {
      const isTaken = isOpen && ask.waiting.delete(answer.from)
      if (!isTaken) stray(answer, isOpen ? 'duplicate' : 'closed')
      return isTaken
    })
    if (ask.waiting.size === 0) this.#open.delete(ask.ask)
    return taken
  }

  isOpen(ask: OpenAsk): boolean {
    return this.#open.get(ask.ask) === ask
  }

  /** How many were still to come; 0 where it is over already. */
  close(ask: string, reason: unknown): number {
    const open = this.#open.get(ask)
    if (open === undefined) return 0
    this.#open.delete(ask)
    open.control.abort(reason)
    return open.waiting.size
  }

  closeAll(reason: unknown): void {
    for (const ask of [...this.#open.keys()]) this.close(ask, reason)
  }
}
