/**
 * In which thread an actor is put: a pure decision. Actors spread over as many shared threads as there may be, then fill
 * the emptiest; one that wants a thread of its own gets it, or is refused.
 */

/** `own`: a thread of its own. `apart`: the same while there is one left, else a shared one. */
export type Wish = 'shared' | 'own' | 'apart'

/** A thread as the decision sees it. */
export interface PlacedThread {
  readonly id: number
  readonly own: boolean
  readonly actors: number
}

export interface PlacementLimits {
  readonly threadsMax: number
  readonly ownThreadsMax: number
  readonly actorsPerThread: number
}

export type Placement =
  | { readonly type: 'thread-use'; readonly thread: number }
  | { readonly type: 'thread-start'; readonly own: boolean }
  | { readonly type: 'refused'; readonly limit: keyof PlacementLimits }

/** *Ensures*: no limit is passed, no actor joins a thread that is another's own. */
export function placeActor(threads: readonly PlacedThread[], wish: Wish, limits: PlacementLimits): Placement {
  if (wish !== 'shared') {
    const own = threads.filter((one) => one.own).length
    if (own < limits.ownThreadsMax) return { type: 'thread-start', own: true }
    if (wish === 'own') return { type: 'refused', limit: 'ownThreadsMax' }
  }
  const shared = threads.filter((one) => !one.own)
  let emptiest: PlacedThread | undefined
  for (const one of shared) if (emptiest === undefined || one.actors < emptiest.actors) emptiest = one
  if (emptiest?.actors !== 0 && shared.length < limits.threadsMax) return { type: 'thread-start', own: false }
  if (emptiest === undefined || emptiest.actors >= limits.actorsPerThread) {
    return { type: 'refused', limit: 'actorsPerThread' }
  }
  return { type: 'thread-use', thread: emptiest.id }
}
