import { describe, expect, test } from 'vitest'
import type { BallotContest } from './ballot-contest.ts'
import { iterativeProtocol } from './iterative.ts'
import { iterativeLaws, type TestedIterative } from './iterative-laws.fixture.ts'
import type { CheckedIterative } from './iterative-spec.ts'

const worlds = 150

describe('a refinement', () => {
  for (const [law, holds] of Object.entries(iterativeLaws)) {
    test(`keeps the law: ${law}`, async () => {
      for (let seed = 0; seed < worlds; seed++) {
        const broken = await holds(iterativeProtocol, seed)
        if (broken !== undefined) expect.unreachable(`world ${seed}: ${broken}`)
      }
    })
  }
})

describe('a suite that can fail', () => {
  for (const [bug, protocol] of Object.entries(plantedBugs())) {
    test(`notices when ${bug}`, async () => {
      for (const [law, holds] of Object.entries(iterativeLaws)) {
        for (let seed = 0; seed < worlds; seed++) {
          const broken = await holds(protocol, seed).catch((thrown: unknown) => `threw ${thrown}`)
          if (broken === undefined) continue
          console.log(`${bug}: ${law}, world ${seed}: ${broken}`)
          return
        }
      }
      expect.unreachable(`${bug}: not noticed`)
    })
  }
})

function plantedBugs(): { readonly [bug: string]: TestedIterative } {
  const checked = (change: (checked: CheckedIterative) => Partial<CheckedIterative>): TestedIterative => ({
    ...iterativeProtocol,
    check(spec, participants) {
      const right = iterativeProtocol.check(spec, participants)
      return { ...right, ...change(right) }
    },
  })
  const contested = (change: (contest: BallotContest) => Partial<BallotContest>) =>
    checked(({ contest }) => ({ contest: { ...contest, ...change(contest) } }))
  const ruled = (change: Partial<CheckedIterative['spec']>) => checked(({ spec }) => ({ spec: { ...spec, ...change } }))
  const { check, step } = iterativeProtocol
  return {
    'one lie too few is trimmed': {
      ...iterativeProtocol,
      check: (spec, those) => {
        const traitors = Math.max(0, (spec.traitors ?? Math.floor((those.length - 1) / 3)) - 1)
        return check(spec.values === 'numeric' ? { ...spec, traitors } : spec, those)
      },
    },
    'nothing is ever settled': contested((contest) => ({
      assess: (stances) => ({ ...contest.assess(stances), isSettled: false }),
    })),
    'all is settled at once': contested((contest) => ({
      assess: (stances) => ({ ...contest.assess(stances), isSettled: true }),
    })),
    'nobody has ever moved': contested(() => ({ hasMoved: () => false })),
    'everybody has always moved': contested(() => ({ hasMoved: () => true })),
    'the last round is not the last': ruled({ roundsMax: 1e9, gainMin: 0, changeMax: 0, patience: 1e9 }),
    'money is no matter': ruled({ requestsMax: 1e9 }),
    'whatever is said is a value': contested(() => ({ read: (value) => value })),
    'the first to answer is heard twice': {
      ...iterativeProtocol,
      step(state, event) {
        if (event.type !== 'answers' || state.heard.length > 0) return step(state, event)
        return step(state, { ...event, pending: 0 })
      },
    },
    'who is absent keeps the round open': {
      ...iterativeProtocol,
      step(state, event) {
        if (event.type !== 'answers' || !event.answers.some((one) => 'absent' in one)) return step(state, event)
        return step(state, { ...event, pending: 1 })
      },
    },
    'the time that is up is not heard': {
      ...iterativeProtocol,
      step: (state, event) => (event.type === 'ended' ? [state, []] : step(state, event)),
    },
  }
}
