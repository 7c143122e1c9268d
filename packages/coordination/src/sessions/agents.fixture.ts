/** Agents of many kinds for tests of sessions: quick ones, slow ones, and those that do all they should not. */

import { type ActorDefinition, defineActor, delay, type Node, startNode } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import type { Team } from '../agents/team.ts'

/** Answers every ballot with what it was started with. */
export const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (value: unknown) => ({ value, asked: 0 }),
  requests: {
    ballot: ({ value, asked }) => [{ value, asked: asked + 1 }, { value }],
    vote: (state, { options }) => [state, { option: options[0] ?? null }],
  },
})

/** Takes so many milliseconds of the clock. */
export const Slow = defineAgent(import.meta.url, {
  name: 'slow',
  version: 1,
  init: (afterMs: number) => afterMs,
  requests: {
    ballot: async (afterMs, _, { clock, signal }) => {
      await delay(clock, afterMs, signal)
      return [afterMs, { value: afterMs }]
    },
  },
})

/** Swings about its estimate and never comes nearer to the others. */
export const Stubborn = defineAgent(import.meta.url, {
  name: 'stubborn',
  version: 1,
  init: (value: number) => ({ value, turn: 0 }),
  requests: {
    estimate: (state) => [state, { value: state.value }],
    refine: ({ value, turn }) => [{ value, turn: turn + 1 }, { value: value + (turn % 2 === 0 ? 10 : -10) }],
  },
})

/** Answers with whatever it was given, which need be no answer at all. */
export const Liar = defineActor(import.meta.url, {
  name: 'liar',
  version: 1,
  init: (answer: () => unknown) => answer,
  calls: { ballot: { run: (answer) => [answer, answer()] } },
})

export interface TestTeam {
  readonly node: Node
  readonly team: Team
  readonly clock: ReturnType<typeof virtualClock>
  readonly telemetry: ReturnType<typeof collectTelemetry>
}

/** A node on a virtual clock with agents by name. */
export async function testTeam(
  members: { readonly [name: string]: readonly [ActorDefinition, unknown] | undefined },
  options: { readonly codec?: boolean } = {},
): Promise<TestTeam> {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ clock, telemetry, name: 'here', ...options })
  for (const [name, kind] of Object.entries(members)) {
    if (kind !== undefined) await node.spawn(kind[0], kind[1], { name })
  }
  return { node, clock, telemetry, team: agents(node, Object.keys(members)) }
}
