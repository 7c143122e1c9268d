/** What agents are sent for an ask of a protocol: whole, measured, of the right shape, and a copy that none of them can change for others. */

import { show } from '@mabeam/foundation'
import { agentRequests } from '../agents/agent-request.ts'
import { sizedCopy } from '../agents/sized-copy.ts'
import { protocolFailed } from '../errors/session-errors.ts'
import type { CollectedAsk } from './collector.ts'
import type { AskCommand } from './protocol.ts'

/** The largest question. */
const questionBytesMax = 16_777_216

type AskedInput = Pick<CollectedAsk, 'session' | 'ask' | 'round' | 'request' | 'input' | 'inputBytes' | 'own'>

/** Throws `coordination/protocol-failed` for a question that is none. */
export function askedInput(session: string, protocol: string, command: AskCommand): AskedInput {
  const { ask, round, request, question, own } = command
  const refuse = (why: string) => protocolFailed(protocol, `ask ${show(ask)}: question: ${why}`)
  const input = sizedCopy({ ...question, session, round }, questionBytesMax)
  if (typeof input === 'string') throw refuse(`it is ${input}`)
  const parsed = agentRequests[request].input.safeParse(input.value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw refuse(`${issue?.path.join('.')}: ${issue?.message}`)
  }
  const asked = { session, ask, round, request, input: input.value, inputBytes: input.bytes }
  if (own === undefined) return asked
  if (typeof own !== 'object' || own === null) throw refuse(`own: expected values by participant, got ${show(own)}`)
  const owns = sizedCopy(own, questionBytesMax)
  if (typeof owns === 'string') throw refuse(`own: it is ${owns}`)
  const each = Math.ceil(owns.bytes / (Object.keys(own).length || 1))
  return { ...asked, own: owns.value as NonNullable<AskedInput['own']>, inputBytes: input.bytes + each }
}
