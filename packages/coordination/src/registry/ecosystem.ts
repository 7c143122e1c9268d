/** An ecosystem: roles that are filled by agents of one node and supervised together. Plain data, as agents are. */

import { checkOptions, definedOptions, invalidOption, type Node, rule, type Strategy } from '@mabeam/foundation'
import {
  type AgentConfiguration,
  agentDefaults,
  checkConfiguration,
  checkedAgent,
  wordRule,
} from './agent-configuration.ts'
import { agentDefinition } from './agent-module.ts'
import { supervisedHost } from './hosts/supervised.ts'
import type { UnitPlan } from './registered-unit.ts'

/** An agent in a role: its id is `ecosystem.role`, it runs on the node of its ecosystem, and its restarts count there. */
export type RoleConfiguration = Omit<AgentConfiguration, 'id' | 'placement' | 'restartsMax' | 'windowMs'>

export interface EcosystemConfiguration {
  /** Up to 64 letters, digits, `-` and `_`; unique in the system, as an agent's. */
  readonly id: string
  /** By role, in the order of starting; at most 100. */
  readonly roles: { readonly [role: string]: RoleConfiguration }
  /** Who is restarted when one crashes: that one, all, or it and those after it. @default 'one-for-one' */
  readonly strategy?: Strategy
  /** Restarts of all roles allowed inside `windowMs`; one more and the ecosystem has failed. @default 3 */
  readonly restartsMax?: number
  /** @default 5000 */
  readonly windowMs?: number
}

const ecosystemDefaults = {
  strategy: 'one-for-one',
  restartsMax: agentDefaults.restartsMax,
  windowMs: agentDefaults.windowMs,
} as const satisfies Omit<Required<EcosystemConfiguration>, 'id' | 'roles'>

const rolesMax = 100

/** Throws as `checkConfiguration` does, naming the role. */
export function checkEcosystem(ecosystem: EcosystemConfiguration): void {
  const owner = `ecosystem ${String(ecosystem?.id)}`
  checkOptions(owner, ecosystem, {
    id: wordRule,
    roles: rule.object(),
    strategy: rule.optional(rule.oneOf(['one-for-one', 'one-for-all', 'rest-for-one'])),
    restartsMax: rule.optional(rule.int(0)),
    windowMs: rule.optional(rule.number(1)),
  })
  const roles = Object.entries(ecosystem.roles)
  if (roles.length === 0 || roles.length > rolesMax) {
    throw invalidOption(owner, 'roles', `1 to ${rolesMax} roles`, roles.length)
  }
  for (const [role, configuration] of roles) {
    if (!wordRule.test(role)) throw invalidOption(owner, 'roles', `names of ${wordRule.expected}`, role)
    for (const key of ['id', 'placement', 'restartsMax', 'windowMs']) {
      if (key in (configuration ?? {}))
        throw invalidOption(`${owner}: role ${role}`, key, "nothing: it is the ecosystem's", 'it')
    }
    checkConfiguration(`${owner}: role ${role}`, { ...configuration, id: role })
  }
}

/** What is registered of it. Rejects with `coordination/agent-module`. Requires: it was checked. */
export async function ecosystemPlan(node: Node, ecosystem: EcosystemConfiguration): Promise<UnitPlan> {
  const { id, roles, strategy, restartsMax, windowMs } = { ...ecosystemDefaults, ...definedOptions(ecosystem) }
  const agents = await Promise.all(
    Object.entries(roles).map(async ([role, configuration]) => {
      const whole = { ...configuration, id: `${id}.${role}` }
      return { id: whole.id, agent: checkedAgent(whole, await agentDefinition(whole)) }
    }),
  )
  return {
    id,
    agents,
    strategy,
    host: (hosted, tell) => supervisedHost(node, { name: id, strategy, restartsMax, windowMs, agents: hosted }, tell),
  }
}
