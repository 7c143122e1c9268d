/**
 * With whom a node compares its eventual cells, and when, as a pure step. Every node says hello to all now and then; every so often
 * it sends digests of the cells it shares with one other node, drawn at random, which answers with its state of those that
 * differ and asks for ours. So a lost message heals, whichever it was, and a node that is new gets what there is.
 *
 * Source: Demers et al., Epidemic Algorithms for Replicated Database Maintenance, PODC 1987 (push-pull anti-entropy).
 * Differs: a digest is compared first; changes are also broadcast at once.
 */

import type { CellMessage } from './cell-message.ts'

export interface GossipState {
  readonly helloMs: number
  readonly peersMax: number
  readonly cells: ReadonlySet<string>
  /** Cells whose state nobody has been asked for yet. */
  readonly unasked: ReadonlySet<string>
  /** By replica, in the order in which they were last heard of. */
  readonly peers: ReadonlyMap<string, Peer>
}

export interface Peer {
  readonly cells: ReadonlySet<string>
  readonly heardAtMs: number
}

export type GossipEvent =
  | { readonly type: 'cell-opened'; readonly cell: string }
  /** `answer`: the others are to say at once what they hold. */
  | { readonly type: 'hello-due'; readonly atMs: number; readonly answer: boolean }
  /** `draw` is random, from 0 to less than 1. */
  | { readonly type: 'sync-due'; readonly atMs: number; readonly draw: number }
  /** `differing`: of a message with digests, the cells held here whose state is another one. */
  | {
      readonly type: 'heard'
      readonly atMs: number
      readonly from: string
      readonly message: CellMessage
      readonly differing: readonly string[]
    }

/** `to` is a replica, or undefined for all. */
export type GossipCommand =
  | { readonly type: 'send-hello'; readonly to: string | undefined; readonly answer: boolean }
  | {
      readonly type: 'send-digests' | 'send-states' | 'send-want'
      readonly to: string
      readonly cells: readonly string[]
    }
  /** `states` of a message are to be merged. */
  | { readonly type: 'merge' }
  | { readonly type: 'peer-forgotten'; readonly peer: string }

type Stepped = readonly [GossipState, readonly GossipCommand[]]

export function newGossip(limits: Pick<GossipState, 'helloMs' | 'peersMax'>): GossipState {
  const { helloMs, peersMax } = limits
  return { helloMs, peersMax, cells: new Set(), unasked: new Set(), peers: new Map() }
}

export function gossipStep(state: GossipState, event: GossipEvent): Stepped {
  switch (event.type) {
    case 'cell-opened': {
      const { cell } = event
      return [{ ...state, cells: new Set([...state.cells, cell]), unasked: new Set([...state.unasked, cell]) }, []]
    }
    case 'hello-due': {
      const [rest, forgotten] = forgetSilent(state, event.atMs)
      return [rest, [...forgotten, { type: 'send-hello', to: undefined, answer: event.answer }]]
    }
    case 'sync-due':
      return onSyncDue(...forgetSilent(state, event.atMs), event.draw)
    case 'heard':
      return onHeard(state, event)
  }
}

/** Peers that have been silent for four hellos. */
function forgetSilent(state: GossipState, atMs: number): Stepped {
  const silent = [...state.peers].filter(([, { heardAtMs }]) => atMs - heardAtMs > 4 * state.helloMs)
  if (silent.length === 0) return [state, []]
  const peers = new Map(state.peers)
  for (const [peer] of silent) peers.delete(peer)
  return [{ ...state, peers }, silent.map(([peer]) => ({ type: 'peer-forgotten', peer }))]
}

function onSyncDue(state: GossipState, commands: readonly GossipCommand[], draw: number): Stepped {
  const sharing = [...state.peers].filter(([, peer]) => shared(state, peer).length > 0)
  const chosen = sharing[Math.floor(draw * sharing.length)]
  if (chosen === undefined) return [state, commands]
  const [to, peer] = chosen
  const cells = shared(state, peer)
  return [asked(state, cells), [...commands, { type: 'send-digests', to, cells }]]
}

function onHeard(before: GossipState, event: Extract<GossipEvent, { readonly type: 'heard' }>): Stepped {
  const { from, message, differing, atMs } = event
  if (message.type === 'bye') {
    const peers = new Map(before.peers)
    peers.delete(from)
    return [{ ...before, peers }, []]
  }
  const [state, forgotten] = withPeer(before, from, { message, atMs })
  switch (message.type) {
    case 'hello': {
      const answer: readonly GossipCommand[] = message.answer ? [{ type: 'send-hello', to: from, answer: false }] : []
      const cells = message.cells.filter((cell) => state.unasked.has(cell))
      const ask: readonly GossipCommand[] = cells.length > 0 ? [{ type: 'send-digests', to: from, cells }] : []
      return [asked(state, cells), [...forgotten, ...answer, ...ask]]
    }
    case 'states':
      return [state, [...forgotten, { type: 'merge' }]]
    case 'digests': {
      if (differing.length === 0) return [state, forgotten]
      const cells = differing
      return [state, [...forgotten, { type: 'send-states', to: from, cells }, { type: 'send-want', to: from, cells }]]
    }
    case 'want':
      return [
        state,
        [...forgotten, { type: 'send-states', to: from, cells: message.cells.filter((cell) => state.cells.has(cell)) }],
      ]
  }
}

/** Notes that a peer was heard; of too many the one that was silent longest is forgotten. */
function withPeer(
  state: GossipState,
  from: string,
  { message, atMs }: { readonly message: CellMessage; readonly atMs: number },
): Stepped {
  const known = state.peers.get(from)?.cells ?? new Set<string>()
  const cells = message.type === 'hello' ? new Set(message.cells) : known
  const peers = new Map(state.peers)
  peers.delete(from)
  peers.set(from, { cells, heardAtMs: atMs })
  const [oldest] = peers.keys()
  if (peers.size <= state.peersMax || oldest === undefined) return [{ ...state, peers }, []]
  peers.delete(oldest)
  return [{ ...state, peers }, [{ type: 'peer-forgotten', peer: oldest }]]
}

function shared(state: GossipState, peer: Peer): readonly string[] {
  return [...peer.cells].filter((cell) => state.cells.has(cell))
}

function asked(state: GossipState, cells: readonly string[]): GossipState {
  if (!cells.some((cell) => state.unasked.has(cell))) return state
  const unasked = new Set(state.unasked)
  for (const cell of cells) unasked.delete(cell)
  return { ...state, unasked }
}
