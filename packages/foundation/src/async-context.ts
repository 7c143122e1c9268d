/**
 * On whose behalf code runs, across awaits. One `AsyncLocalStorage` for the whole process, also when two copies of this
 * package are loaded: the one exception to "no module state". Entered only where something reads it.
 */

import { AsyncLocalStorage } from 'node:async_hooks'

/** What flows along; each part is an object of whoever put it there. */
export interface AsyncContext {
  /** The message an actor is working on. */
  readonly work?: ActorWork
}

/** Which actor works on which message. */
export interface ActorWork {
  readonly worker: object
  readonly message: object
}

const key: unique symbol = Symbol.for('mabeam.async-context')

/** Runs `run` with `context` visible to it and to all it sets in motion. */
export function runInContext<T>(context: AsyncContext | undefined, run: () => T): T {
  return storage().run(context, run)
}

export function currentContext(): AsyncContext | undefined {
  return storage().getStore()
}

function storage(): AsyncLocalStorage<AsyncContext | undefined> {
  const holder = globalThis as { [key]?: AsyncLocalStorage<AsyncContext | undefined> }
  holder[key] ??= new AsyncLocalStorage<AsyncContext | undefined>()
  return holder[key]
}
