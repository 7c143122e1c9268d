/** The verb: moves an actor to another node, wherever it is now and whoever asks. */

import { type ActorAddress, type ActorReference, addressByName, labelOf } from '../actors/actor-address.ts'
import type { Kernel } from '../actors/kernel.ts'
import { noSuchActor } from '../errors/actor-errors.ts'
import { moveFailed, moveRefused, moveTimeout } from '../errors/migration-errors.ts'
import { isMabeamError } from '../errors.ts'
import type { NodeSystem } from '../node/node-system.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, rule } from '../options.ts'
import { offeringNodes, placementOf } from '../placement/offers.ts'
import { untilAborted } from '../until-aborted.ts'
import { requestedMove } from './move-message.ts'
import type { MoveHow } from './moves.ts'

export interface MoveOptions {
  /** The node it is to be on. */
  readonly to: string
  /** Rejects with `foundation/move-timeout` when it is not known to be there by then. @default 30_000 */
  readonly timeoutMs?: number
  /** Rejects with `signal.reason`; what can still be taken back is. @default none */
  readonly signal?: AbortSignal | undefined
}

export const moveDefaults = { timeoutMs: 30_000 } as const satisfies Partial<MoveOptions>

export interface MoveParts {
  readonly port: NodePort
  readonly kernel: Kernel
  readonly system: NodeSystem
}

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkMoveOptions(options: MoveOptions): void {
  checkOptions('move', options, {
    to: rule.string(),
    timeoutMs: rule.optional(rule.number(1)),
    signal: rule.optional(rule.having('throwIfAborted')),
  })
}

/** Resolves with its address, by which it is found wherever it is. Options have been checked. */
export async function moveActor(parts: MoveParts, actor: ActorReference, options: MoveOptions): Promise<ActorAddress> {
  const { port, kernel, system } = parts
  const { to, timeoutMs = moveDefaults.timeoutMs, signal } = options
  signal?.throwIfAborted()
  const { address } = kernel.own(actor)
  const name = nameOf(address)
  const label = labelOf(address)
  const late = new AbortController()
  const cancel = port.clock.setTimer(timeoutMs, () => late.abort(moveTimeout(label, to, timeoutMs)))
  const either = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal])
  try {
    if (system.claims.get(name) !== undefined) await movePlace(parts, { name, to, signal: either })
    else await untilAborted(moveName(parts, name, { to, timeoutMs, signal: either }), either)
  } finally {
    cancel()
  }
  return addressByName(port.system, name)
}

/** What another node asks of this one, which has the actor. */
export async function moveFromHere(system: NodeSystem, name: string, data: unknown): Promise<true> {
  await leaveHere(system, name, { ...requestedMove(data), signal: undefined })
  return true
}

function nameOf(address: ActorAddress): string {
  const label = labelOf(address)
  if (address.name === undefined) {
    throw moveRefused(label, 'it has no name, and nobody would find it again; spawn it with name and scope: system')
  }
  if (address.scope !== 'system') {
    throw moveRefused(label, "its name is that of its node only; spawn it with scope: 'system', or place it")
  }
  return address.name
}

/** Of a placement that is a wish: it stays there for as long as the node offers itself. */
async function movePlace(
  { system }: MoveParts,
  { name, to, signal }: { readonly name: string; readonly to: string; readonly signal: AbortSignal },
): Promise<void> {
  const { claims, pins, migration } = system
  const candidates = offeringNodes(claims, placementOf(name))
  if (!candidates.includes(to)) {
    throw moveRefused(
      `"${name}"`,
      `node ${to} does not offer to run it, got offers of ${candidates.join(', ') || 'nobody'}`,
    )
  }
  const before = pins.get(name)
  await pins.set(name, to)
  try {
    await migration.arrivedAt(name, to, signal)
  } catch (thrown) {
    await (before === undefined ? pins.unset(name) : pins.set(name, before)).catch(() => {})
    throw thrown
  }
}

interface NameMove extends MoveHow {
  readonly signal: AbortSignal | undefined
}

async function moveName({ system, port }: MoveParts, name: string, how: NameMove): Promise<void> {
  const at = system.find(name)
  if (at === undefined) throw noSuchActor(`"${name}"`, false)
  if (at.node === how.to) return
  if (at.node === port.name) return await leaveHere(system, name, how)
  const { to, timeoutMs, signal } = how
  await system.migration.ask(at, { verb: 'move-request', name, data: { to, timeoutMs } }, { timeoutMs, signal })
}

async function leaveHere({ actors, moves }: NodeSystem, name: string, how: NameMove): Promise<void> {
  const spec = actors.spec(name)
  if (spec === undefined) throw moveRefused(`"${name}"`, 'it was not started by spawn under that name')
  const { definition } = spec
  const running = actors.running(name)
  if ((running?.attachments.linked.length ?? 0) > 0) {
    throw moveRefused(`"${name}"`, 'it is linked to an actor of its node; unlink it first, or monitor that one instead')
  }
  const isolation = spec.options.isolation ?? definition.isolation
  if (isolation !== 'none' && definition.save === undefined) {
    throw moveRefused(`"${name}"`, 'it runs in a thread, where its state is; give its definition save and load')
  }
  try {
    await moves.move(spec, how)
  } catch (thrown) {
    const isOwn = isMabeamError(thrown) && asIs.has(thrown.code)
    throw isOwn || actors.running(name) === undefined ? thrown : moveFailed(`"${name}"`, how.to, thrown)
  }
}

/** What says enough by itself, with nothing begun. */
const asIs: ReadonlySet<string> = new Set([
  'foundation/move-refused',
  'foundation/definition-missing',
  'foundation/node-unreachable',
  'foundation/unknown-name',
  'foundation/limit-reached',
])
