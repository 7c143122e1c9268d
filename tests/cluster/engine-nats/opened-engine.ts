/** An engine for a test, and what tests of stores do with one. */

import { nats } from '@mabeam/engine-nats'
import {
  delay,
  type Engine,
  isMabeamError,
  type KeyedState,
  type StateChange,
  seededRandom,
  systemClock,
} from '@mabeam/foundation'
import { type CollectedTelemetry, collectTelemetry } from '@mabeam/foundation/testing'

export interface OpenedEngine extends AsyncDisposable {
  readonly engine: Engine
  readonly telemetry: CollectedTelemetry
}

/** Asks a server for five seconds at most, so that a test of a dead one is short. */
export async function openedEngine(
  servers: readonly string[],
  options: Partial<Parameters<typeof nats>[0]> = {},
): Promise<OpenedEngine> {
  const telemetry = collectTelemetry()
  const open = nats({ durability: 'relaxed', pulse: 'inline', requestTimeoutMs: 5_000, ...options, servers })
  const engine = await open({ system: 'test', name: 'n1', clock: systemClock, random: seededRandom('n1'), telemetry })
  return { engine, telemetry, [Symbol.asyncDispose]: () => engine.close() }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (body: Uint8Array): string => new TextDecoder().decode(body)

/** What becomes of something that is asked of a server that may be away: undefined when nobody knows whether it happened. */
export async function known<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (thrown) {
    if (isMabeamError(thrown) && thrown.code === 'foundation/engine-unavailable') return undefined
    throw thrown
  }
}

/** Asks until the server answers. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (thrown) {
      if (!isMabeamError(thrown) || thrown.code !== 'foundation/engine-unavailable') throw thrown
      await delay(systemClock, 50)
    }
  }
}

/** What a watcher was told, and what it believes there is. */
export interface Watched extends AsyncDisposable {
  readonly changes: readonly StateChange[]
  readonly view: ReadonlyMap<string, string>
  readonly lost: Promise<Error>
}

export async function watched(state: KeyedState): Promise<Watched> {
  const changes: StateChange[] = []
  const view = new Map<string, string>()
  const watch = await state.watch('>', (change) => {
    changes.push(change)
    if (change.type === 'put') view.set(change.key, text(change.value))
    else view.delete(change.key)
  })
  return { changes, view, lost: watch.lost, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() }
}

/** Whether each change is newer than the one before. */
export function isGrowing(revisions: readonly number[]): boolean {
  return revisions.every((one, i) => i === 0 || one > (revisions[i - 1] ?? 0))
}
