/** Errors of actors in threads: one factory a code. Those that end a thread are the reason all its actors crash with. */

import { MabeamError, messageOf, toWireError } from '../errors.ts'

/** A handler kept its thread from turning. `by` is the actor that did it, where that can be told. */
export function threadBlocked(thread: number, blockedMsMax: number, by: string | undefined): MabeamError {
  const who = by === undefined ? '' : ` by ${by}`
  return new MabeamError(
    'foundation/thread-blocked',
    `thread ${thread} was blocked${who} for more than ${blockedMsMax} ms and was ended`,
    { retryable: true, data: { thread, blockedMsMax, by: by ?? null } },
  )
}

/** Something was thrown in the thread outside any handler, or a promise rejected that nobody waited for. */
export function threadCrashed(thread: number, cause: unknown): MabeamError {
  return new MabeamError('foundation/thread-crashed', `thread ${thread} crashed: ${messageOf(cause)}`, {
    retryable: true,
    data: { thread, error: { ...toWireError(cause) } },
    cause,
  })
}

/** The JavaScript heap of the thread is full. */
export function threadOutOfMemory(thread: number, heapBytesMax: number): MabeamError {
  return new MabeamError(
    'foundation/thread-out-of-memory',
    `thread ${thread} used more than its heapBytesMax of ${heapBytesMax} bytes and was ended`,
    { retryable: true, data: { thread, heapBytesMax } },
  )
}

/** Memory of the thread outside its heap (array buffers) passed its limit. */
export function threadExternalMemory(thread: number, externalBytesMax: number, bytes: number): MabeamError {
  const sentence = `thread ${thread} held ${bytes} bytes outside its heap, more than externalBytesMax of ${externalBytesMax}`
  return new MabeamError('foundation/thread-external-memory', `${sentence}, and was ended`, {
    retryable: true,
    data: { thread, externalBytesMax, bytes },
  })
}

/** Code in the thread called `process.exit()`. */
export function threadExited(thread: number, exitCode: number): MabeamError {
  return new MabeamError('foundation/thread-exited', `thread ${thread} exited by itself with code ${exitCode}`, {
    retryable: true,
    data: { thread, exitCode },
  })
}

/** The node closed, or the actor was the last of its thread. */
export function threadEnded(thread: number): MabeamError {
  return new MabeamError('foundation/thread-ended', `thread ${thread} has ended`, { data: { thread } })
}

/** The module of a definition could not be loaded in a thread. */
export function threadModuleFailed(module: string, cause: unknown): MabeamError {
  return new MabeamError(
    'foundation/thread-module-failed',
    `could not load ${module} in a thread: ${messageOf(cause)}`,
    {
      data: { module, error: { ...toWireError(cause) } },
      cause,
    },
  )
}

/** The module was loaded and does not export the definition. */
export function threadDefinitionMissing(module: string, name: string, version: number): MabeamError {
  return new MabeamError(
    'foundation/thread-definition-missing',
    `${module}: expected an export that is the actor "${name}" version ${version}, got none; ` +
      'export what defineActor returns and give it import.meta.url of that module',
    { data: { module, name, version } },
  )
}

/** Threads live in real time, so a node on any other clock can't have actors in them. */
export function threadClock(definition: string): MabeamError {
  return new MabeamError(
    'foundation/thread-clock',
    `${definition}: an actor in a thread needs a node on systemClock, and this node has another clock; ` +
      "say isolation: 'none' where time is simulated",
    { data: { definition } },
  )
}

/** A module that starts a node was loaded in a thread of another one. */
export function threadNested(): MabeamError {
  return new MabeamError(
    'foundation/thread-nested',
    'a node was started by a module that is loaded in a thread; define the actor in a module that starts nothing',
  )
}
