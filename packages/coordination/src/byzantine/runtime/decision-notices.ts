/** What a node concludes from how an agreement ended: whom to trust less, who may take part, and what it tells of it. */

import type { Clock } from '@mabeam/foundation'
import { leaderOf } from '../agreement.ts'
import type { DecideMessage } from '../message.ts'
import type { BallotCodec } from './ballot.ts'
import { believedMs } from './believed-latency.ts'
import type { EvidenceShelf } from './evidence-shelf.ts'
import type { HostTelemetry } from './host-telemetry.ts'
import type { MemberTrust } from './member-trust.ts'
import { type Opening, termsOf } from './opening.ts'
import type { RunningAgreement } from './running-agreement.ts'
import type { Suspects } from './suspects.ts'

export interface NoticeParts {
  readonly clock: Clock
  readonly ballots: BallotCodec
  readonly telemetry: HostTelemetry
  readonly shelf: EvidenceShelf
  readonly trust: MemberTrust
  readonly suspects: Suspects
}

export class DecisionNotices {
  readonly #parts: NoticeParts

  constructor(parts: NoticeParts) {
    this.#parts = parts
  }

  ended(running: RunningAgreement): void {
    const { agreement, opening, end, figures } = running
    const { telemetry, shelf } = this.#parts
    const { mode } = opening
    if (end?.type === 'decided') this.#decided(running, end.decision)
    else
      telemetry.emit(
        'agreement-undecided',
        { ...figures },
        { agreement: agreement.id, mode, reason: end?.reason ?? 'closed' },
      )
    for (const { member, evidence } of shelf.audit(running, termsOf(opening))) {
      telemetry.emit('evidence-found', { count: 1 }, { member, kind: evidence.kind, agreement: agreement.id })
    }
  }

  #decided(running: RunningAgreement, decision: DecideMessage): void {
    const { agreement, opening, figures } = running
    const { phase, view, digest } = decision.certificate
    this.#parts.telemetry.emit(
      'agreement-decided',
      { views: view + 1, fast: phase === 1 ? 1 : 0, ...figures },
      { agreement: agreement.id, mode: opening.mode, digest },
    )
    if (decision.value.type === 'plain') this.#changed(opening, decision.value.bytes)
    else this.#notice(running, decision)
  }

  #changed(opening: Opening, value: Uint8Array): void {
    const { trust, telemetry } = this.#parts
    const change = trust.judge(opening, value)
    if (change === undefined) return
    trust.apply(change, opening)
    const event = change.change === 'expulsion' ? 'member-expelled' : 'member-readmitted'
    telemetry.emit(event, { changes: trust.changes }, { member: change.member })
  }

  /** Who was not in what was decided did not do its part, and neither did leaders of views that came to nothing. */
  #notice({ agreement, opening }: RunningAgreement, { certificate, value }: DecideMessage): void {
    if (value.type !== 'ballots' || opening.question.type !== 'ask') return
    const { ballots, clock, suspects } = this.#parts
    const { request } = opening.question
    const nowMs = clock.monotonicMs()
    const given = new Set(value.entries.map(({ member }) => member))
    for (const [place, { id }] of opening.seats.entries()) {
      if (given.has(place)) suspects.heard(id, 'ballot', nowMs)
      else suspects.noticed(id, 'silent', nowMs)
    }
    for (const { member } of certificate.votes) suspects.heard(opening.seats[member]?.id ?? '', 'vote', nowMs)
    const latencies = value.entries.map(({ ballot, member }) => {
      const ms = ballots.decode(request, ballot)?.latencyMs ?? 0
      return { ms, weight: agreement.committee.members[member]?.weight ?? 0 }
    })
    // A leader that had to wait for agents is not to blame for its view; that more must say than may lie.
    if (believedMs(latencies, agreement.committee.faultyWeight) > opening.viewMs / 2) return
    for (let view = 0; view < Math.min(certificate.view, agreement.committee.members.length); view++) {
      suspects.noticed(opening.seats[leaderOf(agreement, view)]?.id ?? '', 'late', nowMs)
    }
  }
}
