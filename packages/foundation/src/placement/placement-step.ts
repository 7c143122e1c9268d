/**
 * Which node should run which place, as a pure step. A placement has one place or many (a singleton one, a group `n`, a
 * partitioned one a place for each shard); each place has a claim, and every node computes by the same rule what it should take
 * and what it should give up. Where nodes see different members for a moment, the claims keep two from running one place.
 */

import { rendezvousOrder, rendezvousOwner } from './rendezvous.ts'

/** A place as this node sees it. */
export interface PlaceView {
  readonly key: string
  /** Who has the claim, if it holds. */
  readonly holder: string | undefined
  /** The holder's session is too new to be judged: wait. */
  readonly unsettled: boolean
  /** Nodes on which it will not run for now. */
  readonly refusedBy: readonly string[]
  /** Where somebody wants it to be. */
  readonly pinned: string | undefined
}

export interface PlacementView {
  readonly self: string
  /** Nodes that offer to run places of this placement and whose session is alive. */
  readonly candidates: readonly string[]
  readonly places: readonly PlaceView[]
  /** `stay`: a place stays where it is while its holder lives. `balance`: it goes to its rendezvous owner, also when a node joins. */
  readonly policy: 'stay' | 'balance'
  /** `self` is drained and offers no more: what it holds goes to whoever else can have it. @default false */
  readonly leaving?: boolean
}

export type PlacementCommand =
  | { readonly type: 'place-take'; readonly key: string }
  | { readonly type: 'place-give'; readonly key: string; readonly to: string }

export type PlacementStep = (view: PlacementView) => readonly PlacementCommand[]

/**
 * Ensures: nothing is taken that is held or unsettled, or refused by `self`; given only what `self` holds and another candidate should have; if all
 * nodes see the same, each free place is taken by one.
 */
export const placementStep: PlacementStep = (view) => {
  const wanted = wantedHolders(view)
  const commands: PlacementCommand[] = []
  for (const { key, holder, unsettled } of view.places) {
    const to = wanted.get(key)
    if (to === undefined || unsettled) continue
    if (holder === undefined && to === view.self) commands.push({ type: 'place-take', key })
    if (holder === view.self && to !== view.self) commands.push({ type: 'place-give', key, to })
  }
  return commands
}

/** Where each place should be; none where there are no candidates. */
function wantedHolders(view: PlacementView): ReadonlyMap<string, string> {
  return view.policy === 'balance' ? balanced(view) : staying(view)
}

function balanced({ places, candidates }: PlacementView): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>()
  for (const { key, pinned, refusedBy } of places) {
    const able = candidates.filter((name) => !refusedBy.includes(name))
    const owner = pinned !== undefined && able.includes(pinned) ? pinned : rendezvousOwner(key, able)
    if (owner !== undefined) wanted.set(key, owner)
  }
  return wanted
}

/** Those that are held stay; the others go, in order, to the candidate with the fewest, by rendezvous among equals. */
function staying({ self, places, candidates, leaving = false }: PlacementView): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>()
  const load = new Map(candidates.map((name) => [name, 0]))
  const put = (key: string, node: string) => {
    wanted.set(key, node)
    const before = load.get(node)
    if (before !== undefined) load.set(node, before + 1)
  }
  for (const { key, pinned, holder, refusedBy } of places) {
    if (pinned !== undefined && candidates.includes(pinned) && !refusedBy.includes(pinned)) put(key, pinned)
    // A holder that no longer offers keeps what it has until it gives it up itself.
    else if (holder !== undefined && !(leaving && holder === self)) put(key, holder)
  }
  for (const { key, refusedBy } of places) {
    const able = candidates.filter((name) => !refusedBy.includes(name))
    if (wanted.has(key) || able.length === 0) continue
    const order = rendezvousOrder(
      key,
      able.map((name) => ({ name })),
    )
    const least = Math.min(...order.map((name) => load.get(name) ?? 0))
    put(key, order.find((name) => (load.get(name) ?? 0) === least) as string)
  }
  return wanted
}
