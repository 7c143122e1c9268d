import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../sessions/protocol.ts'
import { type ProtocolCase, protocolContract } from '../testing/protocol-contract.ts'
import { runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { byzantineVote } from './byzantine-vote.ts'
import { majority } from './majority.ts'
import { quorum } from './quorum.ts'
import { ranked } from './ranked.ts'
import { drawn } from './voting-laws.fixture.ts'
import { type WeightedSpec, weighted } from './weighted.ts'

const options = ['x', 'y', 'z']
const participants = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

const votes: ProtocolCase<unknown>['answer'] = (_, { question }, random) => {
  const named = 'options' in question ? question.options : []
  const option = drawn<string | null>(random, [...named, ...named, null, 'nothing of these'])
  return { value: { option, confidence: random.int(5) / 4 } }
}
const ranks: ProtocolCase<unknown>['answer'] = (_, __, random) => {
  return { value: { ranking: random.shuffle([...options, 'nothing']).slice(0, random.int(5)) } }
}
const sameWinner = (outcome: Outcome & { readonly option?: string }) => [outcome.type, outcome.option]
const noShare = [{ options: [] }, { options, threshold: 2 }, { options, tie: 'x' }]

const contracts = {
  majority: protocolContract(majority, {
    cases: [{ options }, { options, earlyStop: false }, { proposal: 1, of: 'all', tie: 'random' } as const].map(
      (spec) => ({
        spec,
        participants,
        answer: votes,
      }),
    ),
    wrong: noShare,
    inAnyOrder: sameWinner,
  }),
  quorum: protocolContract(quorum, {
    cases: [{ spec: { options, agree: 5 }, participants, answer: votes }],
    wrong: [
      { options, agree: 3 },
      { options, agree: 8 },
      { options, agree: Number.NaN },
    ],
    inAnyOrder: sameWinner,
  }),
  weighted: protocolContract(weighted, {
    cases: (
      [
        { options, weights: { a: 3, b: 1, c: 0.1, d: 0.2, e: 0.3, f: 0, g: 1 } },
        { options, families: { a: 'm', b: 'm', c: 'm' }, shareMax: 0.2, confidence: 'scale', tie: 'first' },
        { options, traitorWeight: 1, quorum: 1 / 2, threshold: { moreThan: 1 / 3 } },
      ] satisfies readonly WeightedSpec<string>[]
    ).map((spec) => ({ spec, participants, answer: votes })),
    wrong: [...noShare, { options, weights: { a: 1 } }, { options, weights: 7 }],
  }),
  ranked: protocolContract(ranked, {
    cases: (['instant-runoff', 'schulze', 'borda'] as const).map((method) => ({
      spec: { options, method },
      participants,
      answer: ranks,
    })),
    wrong: [{ options: [] }, { options, method: 'x' }],
    inAnyOrder: (outcome) => outcome,
  }),
  byzantine: protocolContract(byzantineVote, {
    cases: [{ spec: { options }, participants, answer: votes }],
    wrong: [...noShare, { options, traitors: 3 }],
    inAnyOrder: sameWinner,
  }),
}

for (const [name, cases] of Object.entries(contracts)) {
  describe(`contract of a protocol: ${name}`, () => {
    for (const { name: law, run } of cases) test(law, run)
  })
}

describe('a vote that ends early', () => {
  test('ends as the same vote does that waits for everybody', async () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = seededRandom(`early ${seed}`)
      const answers = new Map(
        participants.map((id): [string, ScriptedAnswer] => {
          const option = drawn(random, [...options, 'x', 'x', null])
          return [id, { value: { option }, afterMs: random.int(20) }]
        }),
      )
      const spec = {
        options,
        weights: Object.fromEntries(participants.map((id) => [id, random.int(4) + (id === 'a' ? 1 : 0)])),
        threshold: drawn(random, ['plurality', { moreThan: 1 / 2 }, 2 / 3] as const),
        of: drawn(random, ['all', 'cast'] as const),
        quorum: drawn(random, ['none', 1 / 2, 1] as const),
        tie: drawn(random, ['undecided', 'first', 'random'] as const),
      }
      const answer = (from: string) => answers.get(from) ?? ({ absent: 'gone' } as const)
      const early = await runProtocol(weighted, { spec, participants, answer, seed })
      const full = await runProtocol(weighted, { spec: { ...spec, earlyStop: false }, participants, answer, seed })
      const what = (outcome: typeof early.outcome) => outcome?.type === 'decided' && outcome.value
      expect(what(early.outcome), `seed ${seed}`).toBe(what(full.outcome))
      expect(early.tookMs).toBeLessThanOrEqual(full.tookMs)
    }
  })
})
