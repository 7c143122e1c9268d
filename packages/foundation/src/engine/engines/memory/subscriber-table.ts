/** Who listens to a subject, without asking everybody: most listen to one subject. */

/** What a table asks of those it keeps. */
export interface Listener {
  readonly pattern: string
  matches(subject: string): boolean
}

export class SubscriberTable<Subscriber extends Listener> {
  readonly #bySubject = new Map<string, Set<Subscriber>>()
  readonly #byPattern = new Set<Subscriber>()

  add(one: Subscriber): void {
    if (isPattern(one)) {
      this.#byPattern.add(one)
      return
    }
    const listening = this.#bySubject.get(one.pattern)
    if (listening === undefined) this.#bySubject.set(one.pattern, new Set([one]))
    else listening.add(one)
  }

  delete(one: Subscriber): void {
    this.#byPattern.delete(one)
    const listening = this.#bySubject.get(one.pattern)
    if (listening?.delete(one) && listening.size === 0) this.#bySubject.delete(one.pattern)
  }

  /** Those of the subject first, then those of patterns, each in the order of subscribing. */
  listening(subject: string): Iterable<Subscriber> {
    const exact = this.#bySubject.get(subject) ?? []
    // Asked for each message: where no pattern matches, nothing is made.
    let all: Subscriber[] | undefined
    for (const one of this.#byPattern) {
      if (!one.matches(subject)) continue
      all ??= [...exact]
      all.push(one)
    }
    return all ?? exact
  }

  all(): readonly Subscriber[] {
    return [...[...this.#bySubject.values()].flatMap((listening) => [...listening]), ...this.#byPattern]
  }
}

function isPattern({ pattern }: Listener): boolean {
  return /[*>]/.test(pattern)
}
