/** Whom this node does not wait for, over all its agreements, by the ids of members. */

import {
  newSuspicion,
  type SuspicionOptions,
  type SuspicionState,
  type Suspicious,
  suspects,
  suspicionStep,
} from '../suspicion.ts'

/** Members of whom something is remembered; those noticed longest ago are forgotten. */
const membersMax = 10_000

/**
 * What is held against a member, and forgiven, apart: whether its ballot comes (`ballot`: nobody waits for that of a suspect) and whether it is in
 * time as a voter and leader (`vote`: it is not waited for to decide at once, and not chosen to lead). Who is far away is slow, and its ballot counts.
 */
export type Duty = 'ballot' | 'vote'

const dutyOf = { silent: 'ballot', 'bad-signature': 'ballot', slow: 'vote', late: 'vote' } as const

export class Suspects {
  readonly #states: { [D in Duty]: SuspicionState }
  readonly #numbers = new Map<string, number>()
  #ids: string[] = []
  #current: ReadonlySet<number> = new Set()
  readonly #onSuspected: (id: string, what: Suspicious['what']) => void

  constructor(options: SuspicionOptions, onSuspected: (id: string, what: Suspicious['what']) => void) {
    this.#states = { ballot: newSuspicion(options), vote: newSuspicion(options) }
    this.#onSuspected = onSuspected
  }

  noticed(id: string, what: Exclude<Suspicious['what'], 'heard'>, atMs: number): void {
    const member = this.#numberOf(id)
    const before = this.#current
    this.#step(dutyOf[what], { what, member, atMs })
    if (this.#current.has(member) && !before.has(member)) this.#onSuspected(id, what)
  }

  /** It did that in time. Nothing is known against most, and nothing need be. */
  heard(id: string, duty: Duty, atMs: number): void {
    const member = this.#numbers.get(id)
    if (member !== undefined) this.#step(duty, { what: 'heard', member, atMs })
  }

  /** In anything. */
  has(id: string, atMs: number): boolean {
    return this.isSilent(id, atMs) || this.#isSuspect('vote', id, atMs)
  }

  /** Its ballot is not waited for. */
  isSilent(id: string, atMs: number): boolean {
    return this.#isSuspect('ballot', id, atMs)
  }

  /** Those whose ballots are not waited for first, and of each kind the worst. */
  list(atMs: number): readonly string[] {
    return this.#suspected(atMs).map((member) => this.#ids[member] ?? '')
  }

  #isSuspect(duty: Duty, id: string, atMs: number): boolean {
    const member = this.#numbers.get(id)
    if (member === undefined || !this.#current.has(member)) return false
    return suspects(this.#states[duty], atMs).includes(member)
  }

  #suspected(atMs: number): readonly number[] {
    const { ballot, vote } = this.#states
    return [...new Set([...suspects(ballot, atMs), ...suspects(vote, atMs)])]
  }

  #step(duty: Duty, event: Suspicious): void {
    this.#states[duty] = suspicionStep(this.#states[duty], event)
    this.#current = new Set(this.#suspected(event.atMs))
  }

  #numberOf(id: string): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    if (this.#ids.length >= membersMax) {
      this.#numbers.clear()
      this.#ids = []
      this.#current = new Set()
      for (const duty of ['ballot', 'vote'] as const) this.#states[duty] = { ...this.#states[duty], scores: new Map() }
    }
    const number = this.#ids.push(id) - 1
    this.#numbers.set(id, number)
    return number
  }
}
