/** How an actor is started on a node. */

import type { Isolation } from '../actors/actor.ts'
import type { Overflow } from '../actors/mailbox.ts'
import { checkOptions, invalidOption, rule, unknownName } from '../options.ts'
import { type Backoff, checkBackoff } from '../supervision/backoff.ts'
import { checkChildOptions } from '../supervision/supervisor-options.ts'
import type { Restart } from '../supervision/supervisor-step.ts'

export interface SpawnOptions {
  /** @default as the definition says */
  readonly isolation?: Isolation
  /** Registered; references by it survive a restart. @default none */
  readonly name?: string
  /** Whether the name is unique on its node, or in the whole system and found from every node. @default 'node' */
  readonly scope?: 'node' | 'system'
  /** The node on which it is started, which must have the definition (`definitions` of `startNode`). @default this one */
  readonly node?: string
  /** Restarted always, after an abnormal exit, never. @default 'temporary' */
  readonly restart?: Restart
  /** Restarts allowed inside `windowMs` before it is given up. @default 3 */
  readonly restartsMax?: number
  /** @default 5_000 */
  readonly windowMs?: number
  /** Delays between restarts. @default none: at once */
  readonly backoff?: Backoff
  /** @default shutdownMs of the node */
  readonly shutdownMs?: number
  /** @default startMs of the node */
  readonly startMs?: number
  /** @default as the definition says, else the node */
  readonly mailboxCapacity?: number
  /** @default as the definition says, else the node */
  readonly overflow?: Overflow
  /** @default as the definition says, else the node */
  readonly waitersMax?: number
}

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkSpawnOptions(options: SpawnOptions): void {
  const { restartsMax, windowMs, backoff, scope, node, ...childOptions } = options
  if ('id' in childOptions) throw unknownName('spawn', 'option', 'id', ['name'])
  checkChildOptions('spawn', childOptions)
  checkOptions('spawn', { restartsMax, windowMs, backoff, scope, node }, restartRules)
  if (scope === 'system' && options.name === undefined)
    throw invalidOption('spawn', 'name', "a name, since scope is 'system'", undefined)
  if (backoff !== undefined) checkBackoff('spawn', backoff)
}

const restartRules = {
  restartsMax: rule.optional(rule.int(0)),
  windowMs: rule.optional(rule.number(1)),
  backoff: rule.optional(rule.object()),
  scope: rule.optional(rule.oneOf(['node', 'system'])),
  node: rule.optional(rule.string()),
}
