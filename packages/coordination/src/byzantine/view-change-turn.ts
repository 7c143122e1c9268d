/** What a member does when a view leads nowhere: it gives it up, says what it has done, and goes on to the next. */

import { weightOf } from './committee.ts'
import { lead } from './leader-turn.ts'
import type { TimeoutMessage } from './message.ts'
import { withMember } from './replica-state.ts'
import type { ReplicaTurn } from './replica-turn.ts'

/** Up to this view time-outs go to the next leader only: in the first views all is usually well, and n² messages are many. */
const quietViews = 2

/** Never votes in that view or an earlier one again. */
export function giveUp(turn: ReplicaTurn, view: number): void {
  const { rules } = turn.setup.verifier
  turn.update({ durable: rules.giveUp(turn.durable, view), leading: undefined, gathered: 'no' })
  const { highQc, lastVote } = turn.durable
  const report = rules.report(turn.durable)
  const { qcView, qcDigest, voteView, voteDigest } = report
  const isSame = qcView >= 0 && qcDigest === voteDigest
  const timeout: TimeoutMessage = {
    type: 'timeout',
    member: turn.self,
    view,
    ...report,
    signature: turn.sign({ type: 'timeout', view, ...report }),
    qc: qcView < 0 ? undefined : highQc?.certificate,
    qcValue: qcView < 0 ? undefined : highQc?.value,
    proposal: voteView < 0 ? undefined : lastVote?.proposal,
    voteValue: voteView < 0 || isSame ? undefined : lastVote?.value,
  }
  turn.save({ timeout })
  if (turn.state.early !== undefined && turn.state.early.qc.view <= view) turn.update({ early: undefined })
  sendTimeout(turn, timeout)
  sendInput(turn)
  turn.timeView()
}

export function sendTimeout(turn: ReplicaTurn, timeout: TimeoutMessage): void {
  if (timeout.view < quietViews) turn.sendToLeader(timeout.view + 1, timeout)
  else turn.send('all', timeout)
}

/** To whoever leads the view it is in, who may need ballots. */
export function sendInput(turn: ReplicaTurn): void {
  if (turn.durable.input !== undefined) turn.sendToLeader(turn.durable.view, turn.durable.input)
}

/** Notes the highest time-out of each member; joins when more than traitors may hold have given up, and leads if it is its turn. */
export function onTimeout(turn: ReplicaTurn, message: TimeoutMessage): void {
  const { verifier } = turn.setup
  const known = turn.state.timeouts[message.member]
  if (message.view < turn.durable.view - 1 || (known !== undefined && known.view >= message.view)) {
    turn.refuse('late')
    return
  }
  if (!verifier.isTimeout(message)) {
    turn.refuse('unproved')
    return
  }
  turn.update({ timeouts: withMember(turn.state.timeouts, message.member, message) })
  const view = joinedView(turn)
  if (view >= turn.durable.view) giveUp(turn, view)
  lead(turn)
}

/** The highest view that an honest member has surely given up: one of those that hold more than traitors may. */
function joinedView({ state, setup }: ReplicaTurn): number {
  const { committee } = setup.verifier.agreement
  const given = state.timeouts.filter((one) => one !== undefined).toSorted((a, b) => b.view - a.view)
  const places: number[] = []
  for (const { member, view } of given) {
    places.push(member)
    if (weightOf(committee, places) > committee.faultyWeight) return view
  }
  return -1
}
