/** The file a worker thread of a node starts with. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { ThreadHost } from './thread-host.ts'
import type { ThreadBirth } from './thread-protocol.ts'

new ThreadHost(parentPort as MessagePort, workerData as ThreadBirth).serve()
