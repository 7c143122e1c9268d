import { seededRandom } from '@mabeam/foundation'
import type { CheckedHierarchical } from './hierarchical-spec.ts'
import { hierarchy, hierarchyLaws, type TestedHierarchy, withOutcome } from './hierarchy-laws.fixture.ts'
import { seededLaws } from './seeded-laws.fixture.ts'

seededLaws({ what: 'a hierarchy', right: hierarchy, laws: hierarchyLaws, bugs: plantedBugs(), worlds: 40 })

function plantedBugs(): { readonly [bug: string]: TestedHierarchy } {
  const checked = (change: (right: CheckedHierarchical) => Partial<CheckedHierarchical>): TestedHierarchy => ({
    ...hierarchy,
    check(spec, participants) {
      const right = hierarchy.check(spec, participants)
      return { ...right, ...change(right) }
    },
  })
  const { begin, step } = hierarchy
  let draws = 0
  return {
    'a representative may say what it likes': checked(() => ({ isBound: false })),
    'nobody takes the place of a representative': checked(() => ({ representativesMax: 1 })),
    'clusters that do not decide are forgotten': checked(() => ({ onUndecided: 'abstain' })),
    'delegated weight is lost': checked(({ weights, delegations }) => ({
      weights: new Map(weights.entries().map(([id, weight]) => [id, Object.hasOwn(delegations, id) ? 0 : weight])),
    })),
    'who delegates votes all the same': checked(({ weights }) => ({ delegations: {}, voters: [...weights.keys()] })),
    'all clusters weigh the same': checked(() => ({ takesWeights: false })),
    'clusters are larger than was asked for': checked(({ clusterSize }) => ({ clusterSize: clusterSize + 1 })),
    'clusters are drawn from no seed': {
      ...hierarchy,
      begin: (beginning) => begin({ ...beginning, random: seededRandom(1) }),
    },
    'clusters are drawn anew each time': {
      ...hierarchy,
      begin: (beginning) => begin({ ...beginning, random: seededRandom(`draw ${draws++}`) }),
    },
    'somebody is left out': checked(({ voters }) => ({ voters: voters.slice(0, Math.max(1, voters.length - 1)) })),
    'the end is not heard': {
      ...hierarchy,
      step: (state, event) => (event.type === 'ended' ? [state, []] : step(state, event)),
    },
    'who is absent is waited for': {
      ...hierarchy,
      step(state, event) {
        if (event.type !== 'answers' || !event.answers.some((one) => 'absent' in one)) return step(state, event)
        return step(state, { ...event, answers: [] })
      },
    },
    'escalations are hushed up': withOutcome(hierarchy, (outcome) => ({ ...outcome, escalations: [] })),
  }
}
