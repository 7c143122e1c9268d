/** The file the thread of a sandbox starts with. It loads QuickJS and nothing of ours that is large: its start is waited for. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openSandboxContext, type SandboxContext } from './sandbox-context.ts'
import type { SandboxBirth, SandboxOrder, SandboxReport } from './sandbox-message.ts'

const port = parentPort as MessagePort
const report = (one: SandboxReport) => port.postMessage(one)

// A thread that waits for WebAssembly alone has an empty event loop. Node then waits without it for whatever all threads compile in the
// background (nodejs/node#54918), and what is compiled may wait for this thread to collect its garbage: neither would ever go on.
port.ref()

try {
  serve(await openSandboxContext(workerData as SandboxBirth, report))
} catch (thrown) {
  report({ type: 'unready', message: String(thrown) })
}

function serve(context: SandboxContext): void {
  port.on('message', (order: SandboxOrder) => {
    try {
      context.take(order)
    } catch (thrown) {
      // WebAssembly that ran out of its own stack or memory cannot be trusted any more.
      report({ type: 'broken', message: String(thrown) })
    }
  })
  report({ type: 'ready' })
}
