/** What runs over a planted bug: the laws that should notice it. Each gives the first failure as a sentence. */

import type { Handler } from '../actors/actor.ts'
import { Message } from '../actors/call-message.ts'
import { Mailbox } from '../actors/mailbox.ts'
import { drainStep, newDrain } from '../channels/drain-step.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { hasCode, messageOf } from '../errors.ts'
import { startNode } from '../node/node.ts'
import { seededRandom } from '../random.ts'
import { Remote, type RemoteHost } from '../remote/remote.ts'
import { supervisorStep } from '../supervision/supervisor-step.ts'
import { actorContract, type TestedActors } from './actor-contract.ts'
import type { ContractCase } from './contract-case.ts'
import { mailboxContract } from './mailbox-contract.ts'
import { convergingNodes } from './scenarios/converging-nodes.ts'
import { elections } from './scenarios/elections.ts'
import { fencedSingleton } from './scenarios/fenced-singleton.ts'
import { faultsOfLeavingNodes } from './scenarios/leaving-nodes.fixture.ts'
import { movingShards } from './scenarios/moving-shards.ts'
import { type MakePart, nodeScenario } from './scenarios/node-scenario.ts'
import { remoteCalls } from './scenarios/remote-calls.ts'
import { sharedCache } from './scenarios/shared-cache.ts'
import { sharedQueue } from './scenarios/shared-queue.ts'
import { systemNames } from './scenarios/system-names.ts'
import { type SimulateOptions, simulate } from './sim/simulate.ts'
import { supervisorContract } from './supervisor-contract.ts'
import { testPort } from './test-port.ts'
import { settled, virtualClock } from './virtual-clock.ts'

type Program = (seed: number) => Promise<string | undefined>

const noFaults = { cut: 0, isolate: 0, pause: 0, crash: 0, outage: 0, noise: 0, slow: 0, skew: 0 }

export const plantedPrograms: { readonly [name: string]: Program } = {
  singleton: faulty(fencedSingleton()),
  names: faulty(systemNames()),
  'names while the engine is away': faulty(systemNames(), {
    faults: { everyMs: 2_000, weights: { ...noFaults, outage: 1 } },
  }),
  calls: faulty(remoteCalls()),
  'calls in disorder': faulty(remoteCalls(), { disorder: true }),
  'a singleton of nodes that leave': (seed) =>
    outcome(nodeScenario([fencedSingleton()], { leaveEveryMs: 3_000 }), seed, {
      faults: { everyMs: 1_500, weights: { ...noFaults, noise: 1, outage: 1 } },
    }),
  shards: faulty(movingShards()),
  'shards of nodes that leave': (seed) =>
    outcome(nodeScenario([movingShards({ losses: false })], { leaveEveryMs: 6_000 }), seed, {
      faults: elections(seed, { untilMs: 27_000 }),
    }),
  'shards without faults': (seed) => outcome(nodeScenario([movingShards({ losses: false })]), seed, { faults: [] }),
  'nodes that leave one by one': async (seed) => (await faultsOfLeavingNodes({ seed, signed: false }))[0],
  queue: faulty(sharedQueue()),
  'cache over bad links': faulty(sharedCache(), {
    faults: { everyMs: 1_500, weights: { ...noFaults, cut: 1, slow: 1, noise: 1 } },
  }),
  convergence: faulty(convergingNodes()),
  'actor contract': () => firstOf(actorContract(openActors)),
  'outcomes of a call': async () => outcomesOfOneCall(),
  'a watch of a life that is over': watchOfEarlierLife,
  'control first': async () => firstOverControl(),
  'mailbox contract': () => firstOf(mailboxContract((...limits) => new Mailbox(...limits))),
  'supervisor contract': () => firstOf(supervisorContract(supervisorStep)),
}

function faulty(part: MakePart, options: Partial<SimulateOptions> = {}): Program {
  return (seed) => outcome(nodeScenario([part]), seed, options)
}

async function outcome(
  scenario: SimulateOptions['scenario'],
  seed: number,
  options: Partial<SimulateOptions>,
): Promise<string | undefined> {
  const run = { name: 'planted', seed, nodes: 5, forMs: 30_000, quietMs: 25_000, shrinkRunsMax: 0 }
  try {
    await simulate({ ...run, scenario, ...options })
    return undefined
  } catch (thrown) {
    if (!hasCode(thrown, 'foundation/simulation-failed')) throw thrown
    return thrown.message.split('\n')[0]
  }
}

async function firstOf(cases: readonly ContractCase[]): Promise<string | undefined> {
  for (const { name, run } of cases) {
    try {
      await run()
    } catch (thrown) {
      return `${name}: ${messageOf(thrown)}`
    }
  }
  return undefined
}

async function openActors(): Promise<TestedActors> {
  const clock = virtualClock()
  const node = await startNode({ name: 'n1', clock, random: seededRandom(1) })
  return {
    clock,
    spawn: (definition, arg, options) => node.spawn(definition, arg, options),
    stop: (actor) => node.stop(actor),
    [Symbol.asyncDispose]: () => node.close(),
  }
}

function outcomesOfOneCall(): string | undefined {
  const handler: Handler = { name: 'ask', input: undefined, run: () => undefined, async: false, lasting: false }
  const message = new Message(handler, null)
  let told = 0
  message.resolve = () => told++
  message.reject = () => told++
  message.succeed('reply')
  message.succeed('reply')
  message.fail(new Error('late'))
  return told === 1 ? undefined : `a call had ${told} outcomes`
}

/** A watch that was set before anything was heard of that node, which then is there in a later life. */
async function watchOfEarlierLife(): Promise<string | undefined> {
  const clock = virtualClock()
  await using engine = memoryEngine({ clock })
  const refused = () => Promise.reject(new Error('not asked'))
  const host: RemoteHost = {
    ...{ call: refused, stop: refused, start: refused, move: refused },
    cast() {},
    monitor: () => () => {},
  }
  await using here = new Remote(testPort({ engine, clock, name: 'n1' }), host)
  await using far = new Remote(testPort({ engine, clock, name: 'n2', epoch: 2 }), host)
  await here.open()
  await far.open()
  const told: string[] = []
  here.monitor({ system: 'test', node: 'n2', epoch: 2, id: 1 }, ({ type }) => void told.push(type))
  await settled()
  here.nodeIsReplaced('n2', 3)
  return told.join() === 'node-down' ? undefined : 'n1 watched n2/2, which is no more, and was never told'
}

function firstOverControl(): string | undefined {
  const [, picked] = drainStep(newDrain, [1, 1, 1, 1, 1])
  return picked === 'control' ? undefined : `${picked} went before control`
}
