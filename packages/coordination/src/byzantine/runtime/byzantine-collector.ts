/** Gathers answers by agreement: every ask is one, over the ballots of all members, and whoever asks need not be trusted. */

import type { TeamMember } from '../../agents/team.ts'
import type { CollectedAsk, Collector, Gathered } from '../../sessions/collector.ts'
import type { Answer } from '../../sessions/protocol.ts'
import { BallotCodec } from './ballot.ts'
import { answerOf, decidedBallots } from './decided-ask.ts'
import type { AskQuestion } from './opening.ts'
import type { Agreed, ReplicaHost } from './replica-host.ts'

/** The mistake that is made most. */
const noHost = 'its node did not answer other members: has it opened its coordination?'

/** Who agrees, and with what weight. */
export interface ByzantineTeam {
  /** All of them decide on every ask, also on one that is put to some. */
  readonly members: readonly TeamMember[]
  /** Positive integers, each below a third of all; by id. @default 1 each */
  readonly weights?: { readonly [id: string]: number }
}

/** Sessions are many, and to make a codec takes as long as a member takes to vote. */
const codec = new BallotCodec()

/**
 * A collector for a session of that team. Answers come all at once, with a certificate. Who gave two ballots is absent as `void`, and so is who
 * was expelled; who is not in what was decided is `late`, or `gone` where it was nowhere when it began.
 * Where the members come to no decision, even in the time they have to close, all are `late` or `gone` and it is `provisional`: they might
 * still decide.
 *
 * `collect` rejects as `agree` of the host does.
 */
export function byzantineCollector(host: ReplicaHost, { members, weights = {} }: ByzantineTeam): Collector {
  const seated = members.map(({ id, actor }) => {
    const weight = Object.hasOwn(weights, id) ? weights[id] : undefined
    return weight === undefined ? { id, actor } : { id, actor, weight }
  })
  return {
    mode: host.modeFor(seated),
    async collect(ask, hear, signal) {
      const out = new Set(host.expelled)
      const inside = seated.filter(({ id }) => !out.has(id))
      const placeOf = new Map(inside.map(({ id }, place) => [id, place]))
      const { session, ask: name, request, answerBytesMax, timeoutMs } = ask
      const asked = ask.to.flatMap(({ id }) => placeOf.get(id) ?? [])
      const input = codec.encodeInput(ask)
      const question: AskQuestion = { type: 'ask', session, ask: name, request, input, answerBytesMax, asked }
      const agreed = await host.agree({ question, members: inside, timeoutMs }, signal)
      const { end, figures, terms, agreement } = agreed
      const [missing, unspoken] = [new Set(agreed.missing), new Set(agreed.unspoken)]
      const silent = (id: string): Answer => {
        const { latencyMs } = figures
        if (unspoken.has(id)) return { from: id, absent: 'late', because: noHost, latencyMs }
        return { from: id, absent: missing.has(id) ? 'gone' : 'late', latencyMs }
      }
      const cost = costOf(agreed, ask)
      if (end.type === 'undecided') {
        hear({ answers: ask.to.map(({ id }) => silent(id)), ...cost, provisional: true })
        return
      }
      const { decision } = end
      const ballots = decidedBallots(codec, question, { decision, members: inside.length })
      const answers = ask.to.map(({ id }): Answer => {
        const place = placeOf.get(id)
        if (place === undefined) return { from: id, absent: 'void', latencyMs: 0 }
        const ballot = ballots[place]?.ballot
        return ballot === undefined ? silent(id) : answerOf(id, ballot, figures.latencyMs)
      })
      const certificate = { question, agreement: agreement.id, terms, decision }
      hear({ answers, ...cost, certificate })
    },
  }
}

/** The messages of the agreement on this node, and what its members were asked and gave. */
function costOf({ end, figures }: Agreed, { to, inputBytes }: CollectedAsk): Pick<Gathered, 'messages' | 'bytes'> {
  const value = end.type === 'decided' ? end.decision.value : undefined
  const entries = value?.type === 'ballots' ? value.entries : []
  const ballotBytes = entries.reduce((sum, { ballot }) => sum + ballot.length, 0)
  return {
    messages: figures.messages + to.length + Math.min(to.length, entries.length),
    bytes: figures.bytes + to.length * inputBytes + ballotBytes,
  }
}
