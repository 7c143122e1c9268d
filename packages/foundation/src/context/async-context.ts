/**
 * On whose behalf code runs, across awaits. One `AsyncLocalStorage` for the whole process, also when two copies of this
 * package are loaded: the one exception to "no module state". Entered only where something reads it.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from './context.ts'

/** What flows along; each part is an object of whoever put it there. */
export interface AsyncContext {
  /** The message an actor is working on. */
  readonly work?: ActorWork | undefined
  /** What a user gave along with `withContext`, here or on another node. */
  readonly flow?: Context | undefined
}

/** Which actor works on which message. */
export interface ActorWork {
  readonly worker: object
  readonly message: object
}

interface Carrier {
  readonly storage: AsyncLocalStorage<AsyncContext | undefined>
  /** Whether a flow was ever entered. Before that nobody pays for looking. */
  flows: boolean
}

const key: unique symbol = Symbol.for('mabeam.async-context.1')
const carrier = carrierOfProcess()

/** Runs `run` with `context` visible to it and to all it sets in motion. */
export function runInContext<T>(context: AsyncContext | undefined, run: () => T): T {
  if (context?.flow !== undefined) carrier.flows = true
  return carrier.storage.run(context, run)
}

export function currentAsyncContext(): AsyncContext | undefined {
  return carrier.storage.getStore()
}

/** The flow of whoever runs now: what a message takes along. Costs nothing while there never was one. */
export function currentFlow(): Context | undefined {
  return carrier.flows ? carrier.storage.getStore()?.flow : undefined
}

/** Runs `run` on nobody's behalf, for what must not inherit the context of whoever happened to cause it. */
export function runOutsideContext<T>(run: () => T): T {
  return currentAsyncContext() === undefined ? run() : carrier.storage.run(undefined, run)
}

/** `run`, on behalf of whoever runs now, whenever it is called. */
export function boundToContext(run: () => void): () => void {
  const context = currentAsyncContext()
  return context === undefined ? run : () => carrier.storage.run(context, run)
}

function carrierOfProcess(): Carrier {
  const holder = globalThis as { [key]?: Carrier }
  holder[key] ??= { storage: new AsyncLocalStorage<AsyncContext | undefined>(), flows: false }
  return holder[key]
}
