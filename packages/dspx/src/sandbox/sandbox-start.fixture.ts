/** The thread of a sandbox, which says also what keeps it when it begins to wait for WebAssembly. */

import { parentPort } from 'node:worker_threads'

const { WebAssembly } = globalThis as unknown as { WebAssembly: { [name: string]: (...given: unknown[]) => unknown } }
for (const name of ['compile', 'instantiate']) {
  const original = WebAssembly[name] as (...given: unknown[]) => unknown
  WebAssembly[name] = (...given) => {
    parentPort?.postMessage({ type: 'waits', keeps: process.getActiveResourcesInfo() })
    return original(...given)
  }
}
await import('./sandbox-entry.ts')
