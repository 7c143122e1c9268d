/** The three rounds: each takes what the round before decided, and gives what it decided and what that took. */

import { coordination, decide, expertStep, expertWeights, insight, newExperts, type Team } from '@mabeam/coordination'
import { agreementOf, sigAuthentication, verifyEvidence } from '@mabeam/coordination/byzantine'
import type { Random } from '@mabeam/foundation'
import { type Candidate, families } from './families.ts'

/** What is told of a round. */
export interface Round {
  readonly round: string
  readonly agents: number
  readonly decided: string
  /** The share of the votes, or of the weight, behind it. */
  readonly support: number
  readonly rounds: number
  readonly messages: number
  readonly latencyMs: number
}

/** Which family is worth going on with; with proof against who told different things to different others. */
export async function selectFamily(
  experts: Team,
): Promise<Round & { readonly family: string; readonly convicted: readonly string[] }> {
  const candidates = Object.fromEntries(
    Object.entries(families).map(([family, { configurations, initial }]): [string, Candidate] => [
      family,
      { family, configuration: configurations.at(-1) ?? '', parameter: initial },
    ]),
  )
  const options = Object.keys(candidates)
  const asked = { question: 'Which family of models is best?', context: { candidates } }
  const decision = await decide(experts, { kind: 'byzantine', options, ...asked, traitors: 2 })
  if (decision.type !== 'decided') throw new Error('the experts came to no decision')
  const { replicas } = await coordination(experts.node)
  const proven = replicas.evidence().filter(({ terms, evidence }) => {
    const agreement = agreementOf(terms)
    return verifyEvidence({ agreement, authentication: sigAuthentication(agreement.committee) }, evidence) !== undefined
  })
  return {
    ...toldOf('family, Byzantine', experts, decision),
    decided: decision.value,
    family: decision.value,
    support: decision.support,
    convicted: proven.map(({ member }) => member),
  }
}

/**
 * Which of its configurations: by votes that weigh as much as each specialist has been worth. What that is, is learned first, from questions whose
 * answers `truthOf` knows.
 */
export async function selectConfiguration(
  specialists: Team,
  family: string,
  { random, questions, truthOf }: Learning,
): Promise<Round & { readonly configuration: string; readonly weights: { readonly [id: string]: number } }> {
  const { configurations = [], initial = 0, range = [0, 0] } = families[family] ?? {}
  const ids = specialists.members.map(({ id }) => id)
  const known = await insight(specialists.node)
  const topic = 'which of two'
  let experts = newExperts({ method: 'log-odds' })
  for (let question = 0; question < questions; question++) {
    const drawn = random.shuffle(configurations).slice(0, 2)
    const parameter = range[0] + random.next() * (range[1] - range[0])
    const pair = Object.fromEntries(
      drawn.map((configuration): [string, Candidate] => [configuration, { family, configuration, parameter }]),
    )
    const { session } = await decide(specialists, {
      kind: 'majority',
      options: Object.keys(pair),
      context: { candidates: pair },
      earlyStop: false,
    })
    const { truth, votes } = known.learned(session, truthOf(pair))
    experts = expertStep(experts, { topic, truth, votes })
  }
  const weights = Object.fromEntries(expertWeights(experts, topic, ids).map((weight, at) => [ids[at] ?? '', weight]))
  const candidates = Object.fromEntries(
    configurations.map((configuration): [string, Candidate] => [
      configuration,
      { family, configuration, parameter: initial },
    ]),
  )
  const asked = { question: 'Which configuration?', context: { candidates } }
  const decision = await decide(specialists, { kind: 'weighted', options: [...configurations], ...asked, weights })
  if (decision.type !== 'decided') throw new Error('the specialists came to no decision')
  const { value: configuration, support } = decision
  return {
    ...toldOf('configuration, weighted', specialists, decision),
    decided: configuration,
    configuration,
    support,
    weights,
  }
}

export interface Learning {
  readonly random: Random
  readonly questions: number
  /** The option that was right. */
  readonly truthOf: (pair: { readonly [option: string]: Candidate }) => string
}

/** What its parameter is to be: estimates that are refined until no two that count are more than a quarter apart. */
export async function tuneParameter(
  refiners: Team,
  { family, configuration }: Pick<Candidate, 'family' | 'configuration'>,
): Promise<Round & { readonly parameter: number; readonly status: string }> {
  const { tunes = '', initial = 0, range = [0, 0] } = families[family] ?? {}
  const steps = 13
  const among = Array.from({ length: steps }, (_, at) => range[0] + (at / (steps - 1)) * (range[1] - range[0]))
  const decision = await decide(refiners, {
    kind: 'iterative',
    values: 'numeric',
    question: `Which power of two for: ${tunes}?`,
    context: { candidate: { family, configuration, parameter: initial }, among },
    spreadMax: 0.25,
    roundsMax: 5,
  })
  if (decision.type !== 'decided') throw new Error('the refiners came to no decision')
  const parameter = Number(decision.value)
  return {
    ...toldOf('parameter, refined', refiners, decision),
    decided: `${tunes}: 2^${parameter.toFixed(2)}`,
    support: decision.agreement,
    parameter,
    status: decision.status,
  }
}

function toldOf(
  round: string,
  { members }: Team,
  { rounds, messages, latencyMs }: { readonly rounds: number; readonly messages: number; readonly latencyMs: number },
) {
  return { round, agents: members.length, rounds, messages, latencyMs }
}
