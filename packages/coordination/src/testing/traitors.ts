/** Traitors on real nodes: members of a replica host that attack instead of following the rules. For laboratories and tests. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import type { Envelope } from '../byzantine/message.ts'
import type { Mind, MindWorld, OpenMind } from '../byzantine/runtime/mind.ts'
import type { Attack, Attacker, AttackWorld } from './attack.ts'

/** One attack, and the members that are in it together. */
export interface TraitorGroup {
  readonly attack: Attack
  /** Their ids. */
  readonly members: readonly string[]
}

/** Envelopes of earlier agreements that traitors keep to send them again; what came before their ballots, too. */
const keptMax = 1_000

/**
 * What the option `minds` of a replica host takes: those members do as their attacks say in every agreement. They answer as their agents do,
 * or differently to each. The attacks can do all that a node could do that has them; they have no other member's keys.
 *
 * Throws: `foundation/invalid-option` for a member that is in two groups.
 *
 * @example await openReplicaHost(node, { minds: traitors([{ attack: equivocation, members: ['west'] }]) })
 */
export function traitors(groups: readonly TraitorGroup[]): OpenMind {
  const groupOf = new Map<string, TraitorGroup>()
  for (const group of groups) {
    checkOptions('traitors', group, { attack: rule.having('open'), members: rule.array() })
    for (const id of group.members) {
      if (groupOf.has(id)) throw invalidOption('traitors', 'members', 'each member in one group', id)
      groupOf.set(id, group)
    }
  }
  const recorded: Envelope[] = []
  const open = (world: MindWorld) => {
    const { members } = world.agreement.committee
    const byGroup = Map.groupBy(world.members, (place) => groupOf.get(members[place]?.id ?? ''))
    const minds = [...byGroup].flatMap(([group, places]) =>
      group === undefined ? [] : [new AttackMind({ ...world, members: places }, group.attack, recorded)],
    )
    return new ManyMinds(minds)
  }
  return Object.assign(open, { has: (id: string) => groupOf.has(id) })
}

class ManyMinds implements Mind {
  readonly #minds: readonly AttackMind[]

  constructor(minds: readonly AttackMind[]) {
    this.#minds = minds
  }

  start(member: number, bytes: Uint8Array | undefined): void {
    for (const mind of this.#minds) mind.start(member, bytes)
  }

  receive(member: number, from: number, envelope: Envelope): void {
    for (const mind of this.#minds) mind.receive(member, from, envelope)
  }

  end(): void {
    for (const mind of this.#minds) mind.end()
  }
}

/** Begins when all members of its group have something to say; what they heard until then comes first. */
class AttackMind implements Mind {
  readonly #world: MindWorld
  readonly #attack: Attack
  readonly #recorded: Envelope[]
  readonly #bytes = new Map<number, Uint8Array>()
  readonly #waiting: (readonly [member: number, from: number, envelope: Envelope])[] = []
  #attacker: Attacker | undefined
  #isOver = false

  constructor(world: MindWorld, attack: Attack, recorded: Envelope[]) {
    this.#world = world
    this.#attack = attack
    this.#recorded = recorded
  }

  start(member: number, bytes: Uint8Array | undefined): void {
    if (!this.#world.members.includes(member)) return
    this.#bytes.set(member, bytes ?? new Uint8Array())
    if (this.#bytes.size < this.#world.members.length || this.#attacker !== undefined) return
    const attacker = this.#attack.open(this.#attackWorld())
    this.#attacker = attacker
    attacker.start()
    for (const [to, from, envelope] of this.#waiting.splice(0)) attacker.receive(to, from, envelope)
  }

  receive(member: number, from: number, envelope: Envelope): void {
    if (this.#isOver || !this.#world.members.includes(member)) return
    if (this.#recorded.length < keptMax) this.#recorded.push(envelope)
    if (this.#attacker !== undefined) this.#attacker.receive(member, from, envelope)
    else if (this.#waiting.length < keptMax) this.#waiting.push([member, from, envelope])
  }

  end(): void {
    this.#isOver = true
    this.#waiting.length = 0
  }

  #attackWorld(): AttackWorld {
    const world = this.#world
    const { agreement, verifier, random, members, viewMs } = world
    const others = [...agreement.committee.members.keys()].filter((place) => !members.includes(place))
    return {
      agreement,
      verifier,
      random,
      members,
      others,
      foreign: this.#recorded.filter((one) => one.agreement !== agreement.id),
      viewMs,
      nowMs: () => world.nowMs(),
      signer: (member) => world.setup(member).signer,
      setup: (member) => world.setup(member),
      bytes: (member, number) => this.#variant(member, number),
      send: ({ from, to, envelope, delayMs = 0 }) => {
        if (delayMs === 0) world.send(from, to, envelope)
        else world.timer(delayMs, () => world.send(from, to, envelope))
      },
      wake: (delayMs, about) => void world.timer(delayMs, () => this.#attacker?.wake?.(about)),
      // The network is nobody's here.
      part: () => {},
    }
  }

  #variant(member: number, number: number): Uint8Array {
    const bytes = this.#bytes.get(member) ?? new Uint8Array()
    return number === 0 ? bytes : this.#world.variant(bytes, number)
  }
}
