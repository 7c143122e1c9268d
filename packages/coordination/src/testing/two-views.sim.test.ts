import { describe, expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.fixture.ts'
import { exploreTwoViews } from './two-view-explorer.ts'

const traitors = [0, 1, 2] as const
const killed = [
  'time-outs force nothing',
  'time-outs force only what was prepared',
  'time-outs force only what was voted for',
  'a tie goes to votes, not to what was prepared',
  'a time-out omits the vote',
  'a time-out omits what was prepared',
  'votes without noting what was prepared',
]

describe('two views of four members, in every way they can go', () => {
  for (const fastPath of [true, false]) {
    for (const traitor of traitors) {
      test(`never decide on two things with the traitor at place ${traitor}, ${fastPath ? 'with' : 'without'} the fast path`, () => {
        const { states, fork } = exploreTwoViews({ traitor, fastPath })
        console.log(`two views, traitor ${traitor}, fast path ${fastPath}: ${states} states`)
        expect(fork).toBeUndefined()
        expect(states).toBeGreaterThan(100)
      })
    }
  }

  for (const bug of killed) {
    test(`show a fork when ${bug}`, () => {
      const { rules } = plantedBugs[bug] ?? {}
      if (rules === undefined) throw new Error(`no such bug: ${bug}`)
      const forked = traitors.find((traitor) => exploreTwoViews({ traitor, fastPath: true, rules }).fork !== undefined)
      expect(forked).toBeDefined()
    })
  }
})
