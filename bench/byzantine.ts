/**
 * One Byzantine agreement on ballots of 32 bytes, all members on one node and no network: what deciding costs. With `sig` the bound
 * is the signatures that no protocol of this kind can do without, at what they cost in the same run.
 */

import { createHash } from 'node:crypto'
import {
  type Agreement,
  type Authentication,
  defineAgreement,
  defineCommittee,
  encodedBytes,
  kernelAuthentication,
  macAuthentication,
  newSigningKeys,
  type Signer,
  sigAuthentication,
  sigSigner,
  Verifier,
} from '@mabeam/coordination/byzantine'
import { AgreementTeam } from '@mabeam/coordination/testing'
import { median, quantile } from '@mabeam/ml'
import type { Bench } from './bench.ts'

const sizes = [4, 13, 100, 500]
const modes = ['sig', 'sig-fast', 'mac', 'kernel', 'kernel-fast'] as const
type Mode = (typeof modes)[number]

interface Unit {
  readonly signMs: number
  readonly verifyMs: number
}

interface Opened {
  readonly authentication: Authentication
  readonly signers: readonly Signer[]
  readonly agreement: (nonce: string) => Agreement
}

interface Decided {
  readonly wallMs: number
  readonly cpuMs: number
  readonly team: AgreementTeam
}

export const bench: Bench = {
  name: 'byzantine',
  what: 'one Byzantine agreement: time, messages and bytes by members and authentication; for sig the CPU over that of its signatures',
  target: 'costVsBound ≤ 2 at 13, 100 and 500 members',
  async run({ quick, log }) {
    const rows = sizes.flatMap((members) => {
      log(`${members} members`)
      return modes.map((mode) => measure(members, mode, quick))
    })
    const vsBound = (members: number) =>
      rows.find((row) => row.members === members && row.mode === 'sig')?.costVsBound ?? null
    const metrics = { costVsBound13: vsBound(13), costVsBound100: vsBound(100), costVsBound500: vsBound(500) }
    return { metrics, rows, runs: runsOf(4, quick) }
  },
}

function runsOf(members: number, quick: boolean): number {
  if (quick) return members > 50 ? 1 : 5
  return members > 200 ? 15 : members > 50 ? 30 : 200
}

function measure(members: number, mode: Mode, quick: boolean) {
  const opened = open(members, mode)
  // The first ones warm up.
  for (let run = 0; run < (quick ? 1 : 5); run++) decide(opened, `warm ${run}`)
  const runs = runsOf(members, quick)
  const units: Unit[] = []
  const decided: Decided[] = []
  for (let run = 0; run < runs; run++) {
    if (mode.startsWith('sig')) units.push(unitCost(opened))
    decided.push(decide(opened, `run ${run}`))
  }
  const cpuMs = median(decided.map((one) => one.cpuMs))
  const boundMs = units.length === 0 ? null : bound(members, mode, units)
  const walls = decided.map((one) => one.wallMs)
  return {
    members,
    mode,
    p50Ms: median(walls),
    p95Ms: quantile(walls, 0.95),
    cpuMs,
    ...traffic(opened, decided[0]?.team),
    boundMs,
    costVsBound: boundMs === null ? null : cpuMs / boundMs,
  }
}

function open(members: number, mode: Mode): Opened {
  const places = Array.from({ length: members }, (_, place) => place)
  const keys = mode.startsWith('sig') ? places.map(() => newSigningKeys()) : []
  const committee = defineCommittee(
    places.map((place) => {
      const publicKey = keys[place]?.publicKey
      return publicKey === undefined ? { id: `m${place}` } : { id: `m${place}`, publicKey }
    }),
  )
  const agreement = (nonce: string) => defineAgreement({ committee, nonce, fastPath: mode.endsWith('fast') })
  if (keys.length > 0) {
    const signers = keys.map((own, place) => sigSigner(place, own))
    return { authentication: sigAuthentication(committee), signers, agreement }
  }
  const shared = mode === 'mac' ? macAuthentication(new Uint8Array(32).fill(1)) : kernelAuthentication()
  return { authentication: shared, signers: places.map((place) => shared.signer(place)), agreement }
}

function decide({ authentication, signers, agreement }: Opened, nonce: string): Decided {
  const about = agreement(nonce)
  const ballots = signers.map((_, place) => createHash('sha256').update(`${nonce} ${place}`).digest())
  const beganMs = performance.now()
  const began = process.cpuUsage()
  const verifier = new Verifier({ agreement: about, authentication })
  const team = new AgreementTeam({ verifier, signers, bytesOf: (place) => ballots[place] ?? Buffer.of() })
  team.start()
  const { user, system } = process.cpuUsage(began)
  const wallMs = performance.now() - beganMs
  if (team.decisions.some((decision) => decision === undefined)) throw new Error('undecided')
  return { wallMs, cpuMs: (user + system) / 1_000, team }
}

/** What one signature and one look at it cost just now. */
function unitCost({ authentication, signers }: Opened): Unit {
  const count = 40
  const statements = Array.from({ length: count }, (_, at) => createHash('sha512').update(String(at)).digest())
  const [signer] = signers
  if (signer === undefined) throw new Error('no members')
  let began = process.cpuUsage()
  const signatures = statements.map((bytes) => signer.sign(bytes))
  const signMs = spentMs(began) / count
  began = process.cpuUsage()
  for (const [at, bytes] of statements.entries()) authentication.verify(0, bytes, signatures[at] ?? Buffer.of())
  return { signMs, verifyMs: spentMs(began) / count }
}

function spentMs(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}

/** With INPUT: each signs its ballot and its votes, the leader its proposal; a quorum of each is looked at, once on a node. */
function bound(members: number, mode: Mode, units: readonly Unit[]): number {
  const quorum = members - Math.floor((members - 1) / 3)
  const [signs, verifies] = mode === 'sig' ? [3 * members + 1, 3 * quorum + 1] : [2 * members + 1, quorum + members + 1]
  return signs * median(units.map(({ signMs }) => signMs)) + verifies * median(units.map(({ verifyMs }) => verifyMs))
}

/** Messages to others and their bytes on a wire; those of `kernel` have no wire to go over. */
function traffic({ agreement }: Opened, team: AgreementTeam | undefined) {
  const sent = team?.sent ?? []
  const about = agreement('bytes')
  let [messages, bytes] = [0, 0]
  for (const { message, receivers } of sent) {
    messages += receivers
    bytes += receivers * encodedBytes(about, message)
  }
  return { messages, bytes }
}
