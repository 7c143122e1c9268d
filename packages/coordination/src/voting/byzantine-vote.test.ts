import { describe, expect, test } from 'vitest'
import { runProtocol } from '../testing/protocol-run.ts'
import { byzantineVote } from './byzantine-vote.ts'
import { type Said, saying } from './scripted-votes.fixture.ts'

describe('byzantine', () => {
  test('decides by the answers agreed on, and says how many liars could not have turned it', async () => {
    const votes = saying({ a: 'accept', b: 'accept', c: 'accept', d: 'reject' })
    const run = await runProtocol(byzantineVote, { spec: { proposal: 'plan' }, ...votes })
    expect(run.outcome).toMatchObject({ type: 'decided', value: 'plan', margin: 1 / 2, soundAgainst: 0 })
    const firm = saying({ a: 'accept', b: 'accept', c: 'accept', d: 'accept' })
    expect((await runProtocol(byzantineVote, { spec: { proposal: 'plan' }, ...firm })).outcome).toMatchObject({
      soundAgainst: 1,
    })
  })

  test('what all honest want wins, though liars vote otherwise or are void, and though f answers are left out', async () => {
    for (let members = 4; members <= 31; members++) {
      const f = Math.floor((members - 1) / 3)
      for (const lie of ['reject', { absent: 'gone' }] as const) {
        const said = Array.from({ length: members }, (_, at): readonly [string, Said] => {
          return [`m${at}`, at < f ? { absent: 'late' } : at < 2 * f ? lie : 'accept']
        })
        const run = await runProtocol(byzantineVote, { spec: { proposal: 'p' }, ...saying(Object.fromEntries(said)) })
        expect(run.outcome, `${members} members`).toMatchObject({ type: 'decided', option: 'accept' })
      }
    }
  })

  test('needs 3 f + 1 participants for f traitors', async () => {
    const three = saying({ a: 'accept', b: 'accept', c: 'accept' })
    const codes = async (spec: object, votes: typeof three) => {
      try {
        await runProtocol(byzantineVote, { spec: { proposal: 'p', ...spec }, ...votes })
      } catch (thrown) {
        return (thrown as { readonly code?: string }).code
      }
      return 'nothing thrown'
    }
    expect(await codes({}, three)).toBe('coordination/too-few-members')
    const six = saying({ a: 'accept', b: 'accept', c: 'accept', d: 'accept', e: 'accept', f: 'accept' })
    expect(await codes({ traitors: 2 }, six)).toBe('coordination/too-few-members')
    expect(await codes({ traitors: 1 }, six)).toBe('nothing thrown')
    expect(await codes({ traitors: 0 }, six)).toBe('foundation/invalid-option')
  })
})
