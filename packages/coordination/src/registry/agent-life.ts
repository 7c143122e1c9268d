/**
 * What is known of one agent over time, as a pure step: its status, how often it was started, and a bounded history. When to
 * restart is decided by the kernel's supervisors; this only takes note of it, and says what others are to be told.
 */

import type { ExitReason } from '@mabeam/foundation'

/** `failed`: it would not start, or ended for good other than by being asked to. */
export type AgentStatus = 'registered' | 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped' | 'failed'

/** One thing that happened. */
export interface AgentHistoryEntry {
  readonly atMs: number
  readonly event: 'registered' | 'started' | 'start-failed' | 'ended' | 'restarted' | 'stopped' | 'failed'
  /** How it ended, or what it threw. */
  readonly because?: string
}

export interface AgentLife {
  readonly status: AgentStatus
  readonly sinceMs: number
  /** Times it was started because somebody asked. */
  readonly starts: number
  /** Times its supervisor started it again. */
  readonly restarts: number
  readonly lastExit: string | undefined
  /** The newest `historyMax`, oldest first. */
  readonly history: readonly AgentHistoryEntry[]
  /** Entries that found no room. */
  readonly historyDropped: number
  readonly historyMax: number
}

export type AgentLifeEvent = { readonly atMs: number } & (
  | { readonly type: 'start-asked' | 'stop-asked' | 'up' }
  /** `because`: where nobody asked for it. */
  | { readonly type: 'stopped'; readonly because?: string }
  | { readonly type: 'start-failed'; readonly because: string }
  /** It ended and is to come back. */
  | { readonly type: 'down'; readonly reason: ExitReason }
  /** It ended and does not come back. */
  | { readonly type: 'gone'; readonly reason: ExitReason }
)

export type AgentLifeCommand =
  /** It can be found from now on. */
  | { readonly type: 'publish' }
  /** It can't be found any more; `forGood`: nor be called by its name. */
  | { readonly type: 'withdraw'; readonly forGood: boolean }
  | { readonly type: 'tell'; readonly event: 'started' | 'restarted' | 'stopped' | 'failed' }

/** The decision as a function: what the registry, tests and mutants of tests pass around. */
export type AgentLifeStep = (
  life: AgentLife,
  event: AgentLifeEvent,
) => readonly [AgentLife, readonly AgentLifeCommand[]]

export function newAgentLife(atMs: number, historyMax: number): AgentLife {
  const blank = { status: 'registered', sinceMs: atMs, starts: 0, restarts: 0, lastExit: undefined } as const
  return { ...blank, history: [{ atMs, event: 'registered' }], historyDropped: 0, historyMax }
}

/**
 * One decision.
 *
 * Ensures: published exactly while `running`; at most `historyMax` entries; what comes after it was stopped changes nothing.
 */
export const agentLifeStep: AgentLifeStep = (life, event) => {
  const { status } = life
  switch (event.type) {
    case 'start-asked':
      return isOver(status) ? [moved(life, 'starting', event), []] : [life, []]
    case 'up':
      return onUp(life, event)
    case 'start-failed': {
      if (status !== 'starting') return [life, []]
      const noted = note({ ...life, lastExit: event.because }, { ...event, event: 'start-failed' })
      return [
        moved(noted, 'failed', event),
        [
          { type: 'withdraw', forGood: true },
          { type: 'tell', event: 'failed' },
        ],
      ]
    }
    case 'down': {
      if (status !== 'running' && status !== 'restarting') return [life, []]
      const next = moved(ended(life, event.atMs, event.reason), 'restarting', event)
      return [next, status === 'running' ? [{ type: 'withdraw', forGood: false }] : []]
    }
    case 'gone':
      return onGone(life, event)
    case 'stop-asked':
      if (isOver(status)) return [life, []]
      return [moved(life, 'stopping', event), [{ type: 'withdraw', forGood: true }]]
    case 'stopped': {
      if (isOver(status)) return [life, []]
      const { because } = event
      const known = because === undefined ? life : { ...life, lastExit: because }
      const next = moved(note(known, { ...event, event: 'stopped' }), 'stopped', event)
      return [
        next,
        [
          { type: 'withdraw', forGood: true },
          { type: 'tell', event: 'stopped' },
        ],
      ]
    }
  }
}

/** Nothing of it runs or is on its way. */
export function isOver(status: AgentStatus): boolean {
  return status === 'registered' || status === 'stopped' || status === 'failed'
}

/** An exit in one word, with the sentence of a crash. */
function exitWord(reason: ExitReason): string {
  if (reason.type === 'crashed') return `crashed: ${reason.error.message}`
  if (reason.type === 'gave-up') return `gave-up: ${reason.cause}`
  return reason.type === 'linked' ? `linked: ${exitWord(reason.reason)}` : reason.type
}

function onUp(life: AgentLife, event: AgentLifeEvent): readonly [AgentLife, readonly AgentLifeCommand[]] {
  const { atMs } = event
  if (life.status === 'starting') {
    const next = moved(note({ ...life, starts: life.starts + 1 }, { atMs, event: 'started' }), 'running', event)
    return [next, [{ type: 'publish' }, { type: 'tell', event: 'started' }]]
  }
  if (life.status !== 'restarting') return [life, []]
  const next = moved(note({ ...life, restarts: life.restarts + 1 }, { atMs, event: 'restarted' }), 'running', event)
  return [next, [{ type: 'publish' }, { type: 'tell', event: 'restarted' }]]
}

function onGone(
  life: AgentLife,
  event: Extract<AgentLifeEvent, { type: 'gone' }>,
): readonly [AgentLife, readonly AgentLifeCommand[]] {
  if (life.status !== 'running' && life.status !== 'restarting') return [life, []]
  const { reason, atMs } = event
  const isFine = reason.type === 'normal' || reason.type === 'shutdown' || reason.type === 'moved'
  const word = isFine ? 'stopped' : 'failed'
  const next = note({ ...life, lastExit: exitWord(reason) }, { atMs, event: word, because: exitWord(reason) })
  return [
    moved(next, word, event),
    [
      { type: 'withdraw', forGood: true },
      { type: 'tell', event: word },
    ],
  ]
}

function ended(life: AgentLife, atMs: number, reason: ExitReason): AgentLife {
  const because = exitWord(reason)
  return note({ ...life, lastExit: because }, { atMs, event: 'ended', because })
}

function moved(life: AgentLife, status: AgentStatus, { atMs }: { readonly atMs: number }): AgentLife {
  return life.status === status ? life : { ...life, status, sinceMs: atMs }
}

function note(life: AgentLife, { atMs, event, because }: AgentHistoryEntry): AgentLife {
  const room = life.history.length < life.historyMax
  const kept = room ? life.history : life.history.slice(1)
  // Sentences of errors may be long.
  const entry = { atMs, event, ...(because !== undefined && { because: because.slice(0, 500) }) }
  return { ...life, history: [...kept, entry], historyDropped: life.historyDropped + (room ? 0 : 1) }
}
