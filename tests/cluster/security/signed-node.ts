/** A node that signs its messages, as a process of its own: it calls a counter of the system all the time, and leaves when it is asked. */

import { nats } from '@mabeam/engine-nats'
import { delay, isMabeamError, type Node, startNode, systemClock, type Telemetry } from '@mabeam/foundation'
import { Counter, testedProcess } from '@mabeam/foundation/testing'

export interface SignedStart {
  readonly name: string
  readonly servers: readonly string[]
  /** None for a node that does not sign. */
  readonly secrets?: readonly string[]
}

/** What became of the calls of one process. */
export interface Calls {
  readonly sums: readonly number[]
  readonly failures: readonly string[]
  /** Reasons for which something was refused here. */
  readonly refused: readonly string[]
}

let node: Node | undefined
let calling: Promise<Calls> | undefined
const stopped = new AbortController()
const refused: string[] = []
const telemetry: Telemetry = {
  enabled: true,
  emit: ({ name, metadata }) => {
    if (name === 'foundation.message-refused')
      refused.push(`${metadata.subject} of ${metadata.sender}: ${metadata.reason}`)
  },
}

const sentenceOf = (thrown: unknown) => (isMabeamError(thrown) ? `${thrown.code} ${thrown.message}` : String(thrown))

async function keepCalling(): Promise<Calls> {
  const sums: number[] = []
  const failures: string[] = []
  while (!stopped.signal.aborted) {
    const counter = (node as Node).lookup(Counter, 'visits')
    await counter.call('add', 1).then(
      (sum) => sums.push(sum),
      (thrown) => failures.push(sentenceOf(thrown)),
    )
    await delay(systemClock, 5)
  }
  return { sums, failures, refused }
}

const answers = {
  /** The sentence of the refusal, where it is refused. */
  start: async ({ name, servers, secrets }: SignedStart): Promise<string> => {
    const security = secrets === undefined ? {} : { security: { secret: secrets } }
    const engine = nats({ servers, durability: 'relaxed' })
    try {
      node = await startNode({ engine, name, system: 'shop', definitions: [Counter], telemetry, ...security })
    } catch (thrown) {
      return sentenceOf(thrown)
    }
    return 'started'
  },
  spawn: async (_: null): Promise<null> => {
    await (node as Node).spawn(Counter, undefined, { name: 'visits', scope: 'system' })
    return null
  },
  phase: async (_: null): Promise<string> => (node as Node).phase,
  begin: async (_: null): Promise<null> => {
    calling = keepCalling()
    return null
  },
  /** Calls no more, then leaves. */
  leave: async (_: null): Promise<Calls> => {
    stopped.abort()
    const calls = (await calling) ?? { sums: [], failures: [], refused }
    await (node as Node).leave({ timeoutMs: 10_000 })
    return calls
  },
}
export type SignedNode = typeof answers

// Only where a test has started it.
if (process.send !== undefined) testedProcess(answers)
