/**
 * Watching the beats of other nodes, as a pure step: who misses several in a row is asked directly, and who does not answer either is
 * evicted. A watcher that was held up itself (a pause, a blocked thread) begins anew instead of blaming the others.
 */

export interface BeatSettings {
  readonly beatMs: number
  /** Beats that may be missed in a row. */
  readonly missedMax: number
}

interface Watched {
  readonly heardMs: number
  readonly probing: boolean
}

export interface BeatWatchState {
  readonly watched: ReadonlyMap<string, Watched>
  readonly tickedMs: number
}

export type BeatEvent =
  /** These and no others are watched from now on. */
  | { readonly type: 'watch'; readonly nodes: readonly string[]; readonly atMs: number }
  | { readonly type: 'beat'; readonly node: string; readonly atMs: number }
  | { readonly type: 'tick'; readonly atMs: number }
  /** Nothing could be heard until now, of anybody. */
  | { readonly type: 'deaf'; readonly atMs: number }
  | { readonly type: 'probed'; readonly node: string; readonly answered: boolean; readonly atMs: number }

export type BeatCommand =
  | { readonly type: 'node-probe'; readonly node: string }
  | { readonly type: 'node-evict'; readonly node: string }

export type BeatWatchStep = (
  state: BeatWatchState,
  event: BeatEvent,
  settings: BeatSettings,
) => readonly [BeatWatchState, readonly BeatCommand[]]

export const newBeatWatch: BeatWatchState = { watched: new Map(), tickedMs: Number.NEGATIVE_INFINITY }

/** Ensures: `node-evict` only after `missedMax` beats missed in a row and a probe that was not answered. */
export const beatWatchStep: BeatWatchStep = (state, event, settings) => {
  switch (event.type) {
    case 'watch': {
      const fresh: Watched = { heardMs: event.atMs, probing: false }
      const watched = new Map(event.nodes.map((node) => [node, state.watched.get(node) ?? fresh]))
      return [{ ...state, watched }, []]
    }
    case 'beat':
      return [heard(state, event.node, event.atMs), []]
    case 'probed':
      return onProbed(state, event)
    case 'deaf':
      return [{ ...state, watched: beginAnew(state, event.atMs) }, []]
    case 'tick':
      return onTick(state, event.atMs, settings)
  }
}

function onTick(state: BeatWatchState, atMs: number, settings: BeatSettings): ReturnType<BeatWatchStep> {
  const { beatMs, missedMax } = settings
  const heldUp = atMs - state.tickedMs > 2 * beatMs
  if (heldUp) return [{ watched: beginAnew(state, atMs), tickedMs: atMs }, []]
  const commands: BeatCommand[] = []
  const watched = new Map<string, Watched>()
  for (const [node, one] of state.watched) {
    if (!one.probing && atMs - one.heardMs > missedMax * beatMs) {
      watched.set(node, { ...one, probing: true })
      commands.push({ type: 'node-probe', node })
    } else watched.set(node, one)
  }
  return [{ watched, tickedMs: atMs }, commands]
}

function beginAnew(state: BeatWatchState, atMs: number): ReadonlyMap<string, Watched> {
  return new Map([...state.watched].map(([node, one]) => [node, { ...one, heardMs: atMs }]))
}

function onProbed(
  state: BeatWatchState,
  event: { readonly node: string; readonly answered: boolean; readonly atMs: number },
): ReturnType<BeatWatchStep> {
  const one = state.watched.get(event.node)
  if (one === undefined || !one.probing) return [state, []]
  // Asked again after as many missed beats if the eviction does not come about.
  const next = heard(state, event.node, event.atMs)
  return [next, event.answered ? [] : [{ type: 'node-evict', node: event.node }]]
}

function heard(state: BeatWatchState, node: string, atMs: number): BeatWatchState {
  if (!state.watched.has(node)) return state
  const watched = new Map(state.watched)
  watched.set(node, { heardMs: atMs, probing: false })
  return { ...state, watched }
}
