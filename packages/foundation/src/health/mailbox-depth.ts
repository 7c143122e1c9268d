/** What waits in the mailboxes of a node: one walk over its actors. */

/** An actor and what waits for it. */
export interface ActorMailbox {
  /** Its name in quotes, or its definition and id. */
  readonly actor: string
  readonly size: number
  readonly capacity: number
}

export interface MailboxDepths {
  /** Messages waiting, of all actors that were looked at. */
  readonly total: number
  /** Actors looked at. */
  readonly actors: number
  /** Those with the most messages, at most `fullestMax`, fullest first; empty ones are left out. */
  readonly fullest: readonly ActorMailbox[]
}

/** Actors named in a report. */
const fullestMax = 5
/** Actors looked at in one report, so that it does not hold up a node of a million. */
export const actorsWalkedMax = 100_000

/** *Runs in* the caller's turn: some milliseconds for 100,000 actors; later ones are not looked at. */
export function mailboxDepths(mailboxes: Iterable<ActorMailbox>): MailboxDepths {
  let total = 0
  let actors = 0
  const fullest: ActorMailbox[] = []
  for (const one of mailboxes) {
    if (actors === actorsWalkedMax) break
    actors++
    total += one.size
    const least = fullest.at(-1)
    if (one.size === 0 || (fullest.length === fullestMax && least !== undefined && one.size <= least.size)) continue
    const at = fullest.findIndex((other) => other.size < one.size)
    fullest.splice(at === -1 ? fullest.length : at, 0, one)
    if (fullest.length > fullestMax) fullest.pop()
  }
  return { total, actors, fullest }
}
