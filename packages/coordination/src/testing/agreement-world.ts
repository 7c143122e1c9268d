/**
 * One agreement in a world that is against it: a network that holds and delays as it likes until it stabilises, members that crash
 * and come back with what they had on disk, and traitors. All of it follows from the seed.
 */

import { type Random, seededRandom } from '@mabeam/foundation'
import { type Agreement, defineAgreement } from '../byzantine/agreement.ts'
import { findEvidence } from '../byzantine/audit.ts'
import type { SharedAuthentication } from '../byzantine/authentication.ts'
import { kernelAuthentication } from '../byzantine/authentications/kernel.ts'
import { macAuthentication } from '../byzantine/authentications/mac.ts'
import { type Committee, defineCommittee, weightOf } from '../byzantine/committee.ts'
import { culpritOf } from '../byzantine/evidence.ts'
import type { Envelope, Message } from '../byzantine/message.ts'
import { type ReplicaSetup, replicaSetup } from '../byzantine/replica-options.ts'
import { type DurableState, newDurableState, newReplica, type ReplicaState } from '../byzantine/replica-state.ts'
import { type ReplicaEvent, replicaStep } from '../byzantine/replica-step.ts'
import type { ReplicaEffect, ReplicaTimer } from '../byzantine/replica-turn.ts'
import { Verifier } from '../byzantine/verifier.ts'
import { type VotingRules, votingRules } from '../byzantine/voting-rules.ts'
import { decodeEnvelope } from '../byzantine/wire-reader.ts'
import { encodeEnvelope } from '../byzantine/wire-writer.ts'
import { AgreementChecks, type Violation } from './agreement-checks.ts'
import {
  type AgreementRun,
  type AgreementWorldOptions,
  type AgreementWorldSettings,
  worldDefaults,
} from './agreement-run.ts'
import type { Attacker, AttackMail, AttackWorld } from './attack.ts'
import { EventQueue } from './event-queue.ts'
import { UnkindNetwork } from './unkind-network.ts'

const viewMs = 100
const viewMsMax = 1_600
const stepsMax = 60_000

type WorldEvent =
  | { readonly type: 'honest'; readonly member: number; readonly life: number; readonly event: Unstamped }
  | { readonly type: 'attack'; readonly member: number; readonly from: number; readonly envelope: Envelope }
  | { readonly type: 'wake'; readonly attacker: Attacker; readonly about: unknown }
  | { readonly type: 'boot'; readonly member: number }

/** An event before it happens. */
type Unstamped =
  | { readonly type: 'start' }
  | { readonly type: 'message'; readonly from: number; readonly envelope: Envelope }
  | { readonly type: 'timer'; readonly timer: ReplicaTimer; readonly view: number; readonly number: number }

interface Honest {
  readonly setup: ReplicaSetup
  state: ReplicaState
  disk: DurableState
  life: number
  isUp: boolean
  timers: Map<ReplicaTimer, number>
}

/** Runs one world to its end: all honest members have decided, or too long after it could have been expected. */
export function runAgreement(options: AgreementWorldOptions): AgreementRun {
  return new AgreementWorld(options).run()
}

class AgreementWorld {
  readonly #options: AgreementWorldSettings
  readonly #random: Random
  readonly #network: UnkindNetwork
  readonly #committee: Committee
  readonly #agreement: Agreement
  readonly #authentication: SharedAuthentication
  readonly #queue = new EventQueue<WorldEvent>()
  readonly #honest = new Map<number, Honest>()
  readonly #attackers = new Map<number, Attacker>()
  readonly #checks: AgreementChecks
  readonly #stableMs: number
  readonly #heard = new Set<Message>()
  /** After which effect of its own, counted from its start, a member crashes. */
  readonly #crashAt = new Map<number, ReadonlySet<number>>()
  readonly #carried = new Map<number, number>()
  #nowMs = 0
  #steps = 0
  #timers = 0
  #hash = 0x811c9dc5

  constructor(options: AgreementWorldOptions) {
    this.#options = { ...worldDefaults, ...options }
    const { seed, members, weights, fastPath, subject } = this.#options
    this.#authentication =
      this.#options.mode === 'kernel' ? kernelAuthentication() : macAuthentication(new Uint8Array(32).fill(1))
    this.#random = seededRandom(seed)
    const given = Array.from({ length: members }, (_, at) => ({ id: `member-${at}`, weight: weights?.[at] ?? 1 }))
    this.#committee = defineCommittee(given)
    this.#agreement = defineAgreement({ committee: this.#committee, nonce: `world ${seed}`, fastPath, subject })
    this.#stableMs = this.#random.next() < 0.2 ? 0 : this.#random.int(this.#options.stabilisesMsMax + 1)
    this.#network = new UnkindNetwork(this.#random.fork('network'), this.#stableMs)
    const traitors = this.#options.attacks.length === 0 ? [] : this.#drawTraitors()
    this.#checks = new AgreementChecks({
      verifier: this.#verifier(this.#agreement, votingRules),
      traitors: new Set(traitors),
      inputs: new Map([...this.#committee.members.keys()].map((member) => [member, bytesOf(member, 0)])),
      accepts,
    })
    // A node of its own each: no verdict is shared.
    for (const member of this.#committee.members.keys()) {
      if (!traitors.includes(member)) this.#honest.set(member, this.#newHonest(member))
    }
    this.#openAttacks(traitors)
  }

  run(): AgreementRun {
    this.#begin()
    const untilMs = this.#stableMs + viewMsMax * (12 + 4 * this.#committee.members.length)
    while (this.#steps < stepsMax && this.#checks.decisions.size < this.#honest.size) {
      const next = this.#queue.pop()
      if (next === undefined || next.atMs > untilMs) break
      this.#nowMs = next.atMs
      this.#steps++
      this.#happen(next.event)
    }
    return this.#judge()
  }

  #judge(): AgreementRun {
    const checks = this.#checks
    const traitors = [...this.#committee.members.keys()].filter((member) => !this.#honest.has(member))
    const verifier = this.#verifier(this.#agreement, votingRules)
    const evidence = findEvidence(verifier, this.#heard)
    const convicted = evidence.map((one) => culpritOf(verifier, one)).filter((one) => one !== undefined)
    if (!checks.isOverrun && checks.decisions.size < this.#honest.size) {
      checks.broken(
        'termination',
        `${checks.decisions.size} of ${this.#honest.size} decided by ${Math.round(this.#nowMs)} ms`,
      )
    }
    const framed = convicted.find((member) => this.#honest.has(member))
    if (framed !== undefined) checks.broken('no-false-accusation', `member ${framed} is honest and was convicted`)
    if (checks.isForked && weightOf(this.#committee, new Set(convicted)) <= this.#committee.faultyWeight) {
      checks.broken(
        'accountability',
        `a fork, and only ${convicted.length} of ${traitors.length} traitors are convicted`,
      )
    }
    const views = [...this.#honest.values()].map(({ state }) => state.durable.view)
    const isExpected = ({ law }: Violation) => checks.isOverrun && law === 'agreement'
    return {
      violations: checks.violations.filter((one) => !isExpected(one)),
      isForked: checks.isForked,
      decided: checks.decisions.size,
      honest: this.#honest.size,
      traitors,
      evidence,
      steps: this.#steps,
      viewMax: Math.max(...views),
      endedMs: this.#nowMs,
      traceHash: this.#hash >>> 0,
    }
  }

  #begin(): void {
    for (const member of this.#honest.keys()) {
      this.#push(this.#network.soonMs(), { type: 'boot', member })
      if (!this.#options.restarts || this.#random.next() < 0.3) continue
      this.#crashAt.set(member, new Set([this.#random.int(60), this.#random.int(60)]))
    }
    for (const attacker of new Set(this.#attackers.values())) attacker.start()
  }

  #happen(event: WorldEvent): void {
    switch (event.type) {
      case 'boot':
        this.#boot(event.member)
        return
      case 'honest':
        this.#honestEvent(event.member, event.life, event.event)
        return
      case 'attack':
        this.#trace(event.member, event.envelope.message.type)
        this.#attackers.get(event.member)?.receive(event.member, event.from, event.envelope)
        return
      case 'wake':
        event.attacker.wake?.(event.about)
        return
    }
  }

  #boot(member: number): void {
    const honest = this.#honest.get(member)
    if (honest === undefined) return
    honest.life++
    honest.isUp = true
    honest.timers = new Map()
    honest.state = newReplica(honest.disk)
    this.#honestEvent(member, honest.life, { type: 'start' })
  }

  #honestEvent(member: number, life: number, event: Unstamped): void {
    const honest = this.#honest.get(member)
    if (honest === undefined || !honest.isUp) return
    if (event.type === 'timer' && (life !== honest.life || honest.timers.get(event.timer) !== event.number)) return
    if (event.type === 'message') this.#heard.add(event.envelope.message)
    this.#trace(member, event.type === 'message' ? event.envelope.message.type : event.type)
    const before = honest.state
    const [after, effects] = this.#options.step(honest.setup, before, this.#stamped(member, event))
    honest.state = after
    const done: ReplicaEffect[] = []
    for (const effect of effects) {
      this.#carryOut(member, honest, effect)
      done.push(effect)
      if (this.#crashes(member)) {
        honest.isUp = false
        this.#push(this.#random.int(200), { type: 'boot', member })
        break
      }
    }
    this.#checks.afterStep(member, { before, after, effects: done })
  }

  #stamped(member: number, event: Unstamped): ReplicaEvent {
    if (event.type === 'start') return { type: 'start', bytes: bytesOf(member, 0), atMs: this.#nowMs }
    if (event.type === 'timer') return { type: 'timer', timer: event.timer, view: event.view, atMs: this.#nowMs }
    return { ...event, atMs: this.#nowMs }
  }

  #carryOut(member: number, honest: Honest, effect: ReplicaEffect): void {
    switch (effect.type) {
      case 'persist':
        honest.disk = effect.state
        return
      case 'timer': {
        const { timer, view, delayMs } = effect
        const number = this.#timers++
        honest.timers.set(timer, number)
        const event = { type: 'timer', timer, view, number } as const
        this.#push(delayMs, { type: 'honest', member, life: honest.life, event })
        return
      }
      case 'send': {
        const to = effect.to === 'all' ? this.#committee.members.keys() : [effect.to]
        for (const one of to) this.#send({ from: member, to: one, envelope: effect.envelope })
      }
    }
  }

  /** Counted in effects, so that it strikes between any two of them. */
  #crashes(member: number): boolean {
    const at = this.#crashAt.get(member)
    if (at === undefined) return false
    const carried = (this.#carried.get(member) ?? 0) + 1
    this.#carried.set(member, carried)
    return at.has(carried)
  }

  #send({ from, to, envelope, delayMs = 0 }: AttackMail): void {
    const honest = this.#honest.get(to)
    const afterMs = from === to ? 0 : delayMs + this.#network.delayMs(from, to, this.#nowMs + delayMs)
    const arriving = this.#overWire(envelope)
    if (arriving === undefined) return
    if (honest === undefined) this.#push(afterMs, { type: 'attack', member: to, from, envelope: arriving })
    else {
      const event = { type: 'message', from, envelope: arriving } as const
      this.#push(afterMs, { type: 'honest', member: to, life: honest.life, event })
    }
  }

  /** As it comes out at the other end; nothing, if no member could have meant it. */
  #overWire(envelope: Envelope): Envelope | undefined {
    if (this.#options.mode === 'kernel') return envelope
    return decodeEnvelope(this.#agreement, encodeEnvelope(envelope))
  }

  #push(delayMs: number, event: WorldEvent): void {
    this.#queue.push(this.#nowMs + delayMs, event)
  }

  #trace(member: number, what: string): void {
    for (const one of [Math.round(this.#nowMs * 1000), member, what.length, what.charCodeAt(0)]) {
      this.#hash = Math.imul(this.#hash ^ one, 0x01000193)
    }
  }

  #newHonest(member: number): Honest {
    const setup = this.#setup(member, this.#honestVerifier())
    const state = newReplica()
    return { setup, state, disk: newDurableState, life: 0, isUp: false, timers: new Map() }
  }

  #setup(member: number, verifier: Verifier): ReplicaSetup {
    return replicaSetup({ verifier, signer: this.#authentication.signer(member), viewMs, viewMsMax })
  }

  #verifier(agreement: Agreement, rules: VotingRules): Verifier {
    return new Verifier({ agreement, authentication: this.#authentication, accepts, rules })
  }

  /** What honest members check with, and traitors, to know what these would believe. */
  #honestVerifier(): Verifier {
    const { misread, rules, verifierOf } = this.#options
    return verifierOf({ agreement: misread(this.#agreement), authentication: this.#authentication, accepts, rules })
  }

  /** As many as may be, or just one too many. */
  #drawTraitors(): readonly number[] {
    const { faultyWeight } = this.#committee
    const traitors: number[] = []
    for (const member of this.#random.shuffle([...this.#committee.members.keys()])) {
      const weight = weightOf(this.#committee, [...traitors, member])
      if (weight <= faultyWeight) traitors.push(member)
      else if (this.#options.overrun) return [...traitors, member]
    }
    return traitors
  }

  #openAttacks(traitors: readonly number[]): void {
    const { attacks } = this.#options
    const byAttack = Map.groupBy(traitors, () => attacks[this.#random.int(attacks.length)])
    for (const [attack, members] of byAttack) {
      if (attack === undefined) continue
      const attacker: Attacker = attack.open(this.#attackWorld(attack.name, members, () => attacker))
      for (const member of members) this.#attackers.set(member, attacker)
    }
  }

  #attackWorld(name: string, members: readonly number[], self: () => Attacker): AttackWorld {
    const verifier = this.#honestVerifier()
    return {
      agreement: verifier.agreement,
      verifier,
      random: this.#random.fork(name),
      members,
      others: [...this.#committee.members.keys()].filter((member) => !members.includes(member)),
      foreign: this.#foreign(),
      viewMs,
      nowMs: () => this.#nowMs,
      signer: (member) => this.#authentication.signer(member),
      setup: (member) => this.#setup(member, verifier),
      bytes: bytesOf,
      send: (mail) => this.#send(mail),
      wake: (delayMs, about) => this.#push(delayMs, { type: 'wake', attacker: self(), about }),
      part: (sides) => this.#network.part(sides),
    }
  }

  /** What the same members have signed in another agreement: their ballots there. */
  #foreign(): readonly Envelope[] {
    const other = defineAgreement({ committee: this.#committee, nonce: 'another' })
    const verifier = this.#verifier(other, votingRules)
    return [...this.#committee.members.keys()].flatMap((member) => {
      const start = { type: 'start', bytes: bytesOf(member, 9), atMs: 0 } as const
      const setup = this.#setup(member, verifier)
      const [begun, effects] = replicaStep(setup, newReplica(), start)
      const [, late] = replicaStep(setup, begun, { type: 'timer', timer: 'view', view: 0, atMs: viewMs })
      return [...effects, ...late].flatMap((effect) => (effect.type === 'send' ? [effect.envelope] : []))
    })
  }
}

/** A ballot or value of that member. */
function bytesOf(member: number, number: number): Uint8Array {
  return Buffer.of(1, member, number & 255)
}

function accepts(bytes: Uint8Array): boolean {
  return bytes.length === 3 && bytes[0] === 1
}
