/** Who wants a topic: patterns of subscribers, with the answers for topics met lately kept. */

import { subjectMatches } from '../engine/subject.ts'

const topicsKeptMax = 4_096

export class TopicIndex<S extends { readonly pattern: string }> {
  readonly #all = new Set<S>()
  readonly #kept = new Map<string, readonly S[]>()

  get size(): number {
    return this.#all.size
  }

  add(one: S): void {
    this.#all.add(one)
    this.#kept.clear()
  }

  remove(one: S): void {
    if (this.#all.delete(one)) this.#kept.clear()
  }

  /** In the order of subscribing. */
  wanting(topic: string): readonly S[] {
    const kept = this.#kept.get(topic)
    if (kept !== undefined) return kept
    const found = [...this.#all].filter((one) => subjectMatches(one.pattern, topic))
    if (this.#kept.size >= topicsKeptMax) this.#kept.clear()
    this.#kept.set(topic, found)
    return found
  }

  all(): readonly S[] {
    return [...this.#all]
  }
}
