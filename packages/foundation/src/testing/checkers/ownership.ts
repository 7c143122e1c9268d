/**
 * Whether a name had one owner in one epoch. `own` outputs `{ epoch }` to whoever was given the name; `see` outputs
 * `{ owner, epoch }` as anybody looked it up, or nothing where nobody owned it. An owner is named by `own`'s input, or else is its process.
 */

import type { HistoryEvent } from '../history.ts'
import { type Operation, operationsOf, operationText } from './operation.ts'
import { type Verdict, violation, worstVerdict } from './verdict.ts'

interface Owned {
  readonly owner: string
  readonly epoch: number
  readonly by: Operation
}

/**
 * Ensures of a history that is `ok`: whoever owned or saw a name in one epoch means the same owner, and who was given a name after
 * another one was has a higher epoch.
 */
export function checkOwners(history: readonly HistoryEvent[]): Verdict {
  const done = operationsOf(history).filter((one) => one.outcome === 'ok')
  const byName = Map.groupBy(done, (one) => one.key)
  return worstVerdict([...byName.values()].flatMap((operations) => [checkEpochs(operations), checkOrder(operations)]))
}

function checkEpochs(operations: readonly Operation[]): Verdict {
  const owners = new Map<number, Owned>()
  for (const owned of operations.flatMap(ownedBy)) {
    const other = owners.get(owned.epoch)
    if (other !== undefined && other.owner !== owned.owner) {
      const texts = `${operationText(other.by)}, and ${operationText(owned.by)}`
      return violation(`two owners in one epoch: ${texts}`, [owned.by, other.by])
    }
    owners.set(owned.epoch, other ?? owned)
  }
  return { type: 'ok' }
}

function checkOrder(operations: readonly Operation[]): Verdict {
  const given = operations.filter((one) => one.op === 'own').flatMap(ownedBy)
  for (const [i, later] of given.entries()) {
    const earlier = given
      .slice(0, i)
      .find((one) => one.by.completedAt < later.by.invokedAt && one.epoch >= later.epoch && one.owner !== later.owner)
    if (earlier !== undefined) {
      const texts = `${operationText(earlier.by)}, then ${operationText(later.by)}`
      return violation(`a later owner got no higher epoch: ${texts}`, [later.by, earlier.by])
    }
  }
  return { type: 'ok' }
}

function ownedBy(by: Operation): readonly Owned[] {
  const output = by.output as { readonly owner?: string; readonly epoch: number } | undefined | null
  if (output === undefined || output === null) return []
  if (by.op === 'see') return [{ owner: output.owner ?? '', epoch: output.epoch, by }]
  if (by.op !== 'own') return []
  const named = (by.input as { readonly owner?: string } | undefined)?.owner
  return [{ owner: named ?? by.process, epoch: output.epoch, by }]
}
