import type { Random } from '@mabeam/foundation'
import { describe, test } from 'vitest'
import type { AskCommand } from '../sessions/protocol.ts'
import { protocolContract } from '../testing/protocol-contract.ts'
import type { ScriptedAnswer } from '../testing/protocol-run.ts'
import { adaptive } from './adaptive-laws.fixture.ts'
import { hierarchy } from './hierarchy-laws.fixture.ts'
import { iterativeProtocol } from './iterative.ts'
import { names } from './participants.fixture.ts'

const options = ['red', 'green', 'blue']

/** Of the right shape for whatever is asked. */
function answer(_: string, { request }: AskCommand, random: Random): ScriptedAnswer {
  const color = options[random.int(3)] ?? 'red'
  if (request === 'vote') return { value: { option: random.int(5) === 0 ? null : color } }
  if (request === 'estimate') return { value: { value: random.int(20) } }
  return { value: { value: random.int(2) ? color : random.int(20) } }
}

const suites = {
  iterative: protocolContract(iterativeProtocol, {
    cases: [
      { spec: { question: 'how many?', values: 'numeric', spreadMax: 3 }, participants: names(7), answer },
      { spec: { question: 'which?', values: 'discrete', options }, participants: names(5), answer },
      { spec: { question: 'what?', values: 'text' }, participants: names(4), answer },
    ],
    wrong: [
      { question: 'how many?', values: 'numeric' },
      { question: 'which?', values: 'discrete', options: [] },
    ],
  }),
  hierarchical: protocolContract(hierarchy, {
    cases: [
      { spec: { options }, participants: names(13), answer },
      { spec: { options, decideBy: { kind: 'majority' }, clusterSize: 3 }, participants: names(14), answer },
      {
        spec: {
          proposal: 'ship',
          hierarchy: { board: ['east', 'west', 'p6'], east: ['p0', 'p1', 'p2'], west: ['p3', 'p4', 'p5'] },
        },
        participants: names(7),
        answer: (_, __, random) => ({ value: { option: random.int(2) ? 'accept' : 'reject' } }),
      },
    ],
    seeds: 4,
    wrong: [{ options: [] }, { options, decideBy: { kind: 'dice' } }, { options, delegations: { p0: 'p0' } }],
  }),
  adaptive: protocolContract(adaptive, {
    cases: [
      { spec: { options, policy: ['byzantine', 'weighted', 'majority'] }, participants: names(7), answer },
      { spec: { options, policy: ['weighted', { kind: 'majority', quorum: 1 }] }, participants: names(4), answer },
    ],
    wrong: [
      { options },
      { options, policy: [] },
      { options, policy: ['dice'] },
      { options, policy: [{ kind: 'majority', quroum: 1 }] },
    ],
  }),
}

for (const [name, laws] of Object.entries(suites)) {
  describe(`the protocol ${name}`, () => {
    for (const { name: law, run } of laws) test(law, run)
  })
}
