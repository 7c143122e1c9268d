/** The file the thread of a local engine starts with. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { LocalThreadHost } from './local-thread-host.ts'
import type { LocalBirth } from './local-thread-protocol.ts'
import { machineClock } from './machine-clock.ts'

new LocalThreadHost(parentPort as MessagePort, workerData as LocalBirth, machineClock).serve()
