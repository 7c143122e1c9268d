import { startNode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import type { Team } from '../agents/team.ts'
import { auction } from '../auctions/auction.ts'
import { coordination } from '../coordination.ts'
import { market } from '../markets/market.ts'
import { agentRegistry } from '../registry/agent-registry.ts'
import { decide } from '../voting/decide.ts'
import { barrier } from './barrier.ts'
import { runSession } from './run-session.ts'

type Begin = (team: Team, given: never) => Promise<unknown>
const ways: { readonly [name: string]: readonly [Begin, object] } = {
  decide: [decide as Begin, { kind: 'majority', options: ['ship', 'wait'] }],
  auction: [auction as Begin, { kind: 'second-price', item: 'gpu' }],
  market: [market as Begin, { kind: 'fisher', goods: ['cpu'] }],
}

describe.each(Object.entries(ways))('%s', (name, [begin, given]) => {
  const refusal = async (what: unknown) => {
    await using node = await startNode()
    return await begin(agents(node, ['north']), what as never).catch(({ code, message }) => ({ code, message }))
  }

  test('says which kinds there are, to who names none and to who misspells one', async () => {
    for (const what of [undefined, null, 7, 'majority']) {
      expect(await refusal(what)).toMatchObject({
        message: expect.stringContaining(`${name}: options: expected an object`),
      })
    }
    const kind = 'kind' in given ? String(given.kind) : ''
    expect(await refusal({})).toMatchObject({
      code: 'foundation/invalid-option',
      message: expect.stringMatching(`^${name}: kind: expected one of .*${kind}.*, got nothing$`),
    })
    const misspelt = `${kind.slice(0, -1)}z`
    expect(await refusal({ kind: misspelt })).toEqual({
      code: 'foundation/unknown-name',
      message: `${name}: unknown kind "${misspelt}"; did you mean "${kind}"?`,
    })
    expect(await refusal({ kind: 'toString' })).toMatchObject({ code: 'foundation/unknown-name' })
  })

  test('knows options of sessions that are misspelt, since they stand beside those of the kind', async () => {
    expect(await refusal({ ...given, deadline: 5 })).toMatchObject({
      message: expect.stringContaining('unknown option "deadline"; did you mean "deadlineMs"?'),
    })
    expect(await refusal({ ...given, zzzzzzzzzz: 5 })).toMatchObject({
      message: expect.stringMatching(/expected one of .*question.*answerTimeoutMs/),
    })
  })

  test('says that a team has nobody in it, as a registry may find one, and what is no team', async () => {
    await using node = await startNode()
    const nobody = (await agentRegistry(node)).team({ capability: 'none' })
    const message = 'team: expected at least one agent, got a team of nobody'
    await expect(begin(nobody, given as never)).rejects.toMatchObject({ code: 'coordination/invalid-team', message })
    for (const what of [undefined, null, ['north'], {}, { members: [] }]) {
      await expect(begin(what as never, given as never)).rejects.toMatchObject({ code: 'coordination/invalid-team' })
    }
  })
})

describe('start', () => {
  test('says what it takes to who gives it the specification alone', async () => {
    await using node = await startNode()
    const here = await coordination(node)
    const team = agents(node, ['north'])
    const message = 'start: unknown option "label"; expected one of spec, options'
    expect(() => here.start(team, barrier, { label: 'go' } as never)).toThrow(message)
    expect(() => here.start(team, barrier, undefined as never)).toThrow(
      'start: options: expected an object, got nothing',
    )
    expect(() => here.start(team, barrier, { spec: { labl: 'go' } } as never)).toThrow('did you mean "label"?')
    await expect(runSession(team, barrier, { label: 'go', answerTimeoutMS: 1 } as never)).rejects.toThrow(
      'barrier: unknown option "answerTimeoutMS"; did you mean "answerTimeoutMs"?',
    )
  })
})
