/** The file the thread of a sandbox starts with. It loads QuickJS and nothing of ours that is large: its start is waited for. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openSandboxContext, type SandboxContext } from './sandbox-context.ts'
import type { SandboxBirth, SandboxOrder, SandboxReport } from './sandbox-message.ts'

const port = parentPort as MessagePort
const report = (one: SandboxReport) => port.postMessage(one)

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
