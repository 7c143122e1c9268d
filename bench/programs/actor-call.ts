/** Calls of one actor, one after the other: `actor-call.ts MODE MEASURE_MS`. */

import {
  type ActorRef,
  defineActor,
  type NodeOptions,
  newTrace,
  seededRandom,
  startNode,
  withContext,
} from '@mabeam/foundation'
import { addition, Counter } from './counter.ts'
import { printFigures, ratePerSec } from './rate.ts'

const callsPerBatch = 1_000

interface Mode {
  readonly metric: string
  readonly options: NodeOptions
  readonly around?: <T>(run: () => Promise<T>) => Promise<T>
  readonly byActor?: boolean
}

const production: NodeOptions = { codec: false }
const user = { id: 'u1' }

/** All but `bare` have the deadline of the node, 30 s a call, or the one of their context where that is nearer. */
const modes: { readonly [mode: string]: Mode } = {
  bare: { metric: 'callsPerSec', options: { ...production, callTimeoutMs: Number.POSITIVE_INFINITY } },
  deadline: { metric: 'callsPerSecDeadline', options: production },
  full: { metric: 'callsPerSecFull', options: production, around: (run) => withContext({ user }, run) },
  'context-deadline': {
    metric: 'callsPerSecContextDeadline',
    options: production,
    around: (run) => withContext({ user, deadlineMs: 29_000 }, run),
  },
  traced: {
    metric: 'callsPerSecTraced',
    options: production,
    around: (run) => withContext({ user, trace: newTrace(seededRandom('bench')) }, run),
  },
  actor: { metric: 'callsPerSecFromActor', options: production, byActor: true },
  codec: { metric: 'callsPerSecCodec', options: { codec: true } },
}

/** Calls from inside a handler, which waits for each answer. */
const Caller = defineActor(import.meta.url, {
  name: 'bench.caller',
  version: 1,
  init: (counter: ActorRef<typeof Counter>) => counter,
  calls: {
    batch: {
      run: async (counter) => {
        await callBatch(counter)
        return [counter, callsPerBatch]
      },
    },
  },
})

async function callBatch(counter: ActorRef<typeof Counter>): Promise<number> {
  for (let i = 0; i < callsPerBatch; i++) await counter.call('add', addition)
  return callsPerBatch
}

const [name = '', measureMs] = process.argv.slice(2)
const mode = modes[name]
if (mode === undefined) throw new Error(`expected one of ${Object.keys(modes).join(', ')}, got ${name}`)
const { metric, options, around = (run) => run(), byActor = false } = mode

await using node = await startNode(options)
const counter = await node.spawn(Counter, 0)
const caller = await node.spawn(Caller, counter)
const batch = byActor ? () => caller.call('batch') : () => callBatch(counter)
printFigures({ [metric]: await around(() => ratePerSec(Number(measureMs), batch)) })
