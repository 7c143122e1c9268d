import { adaptive, adaptiveLaws, type TestedAdaptive } from './adaptive-laws.fixture.ts'
import type { CheckedAdaptive } from './adaptive-spec.ts'
import { withOutcome } from './hierarchy-laws.fixture.ts'
import { seededLaws } from './seeded-laws.fixture.ts'

seededLaws({ what: 'an adaptive decision', right: adaptive, laws: adaptiveLaws, bugs: plantedBugs(), worlds: 200 })

function plantedBugs(): { readonly [bug: string]: TestedAdaptive } {
  const checked = (change: (right: CheckedAdaptive) => Partial<CheckedAdaptive>): TestedAdaptive => ({
    ...adaptive,
    check(spec, participants) {
      const right = adaptive.check(spec, participants)
      return { ...right, ...change(right) }
    },
  })
  const triggered = (change: Partial<CheckedAdaptive['triggers']>) =>
    checked(({ triggers }) => ({ triggers: { ...triggers, ...change } }))
  const { step } = adaptive
  return {
    'steps down are hushed up': withOutcome(adaptive, (outcome) => ({ ...outcome, downgrades: [] })),
    'it says that it was the first mode': withOutcome(adaptive, (outcome) => ({
      ...outcome,
      modeUsed: outcome.attempts[0]?.mode ?? '',
    })),
    'going back is hushed up': withOutcome(adaptive, ({ returned: _, ...outcome }) => outcome),
    'what may be decided otherwise is said to be final': withOutcome(
      adaptive,
      ({ provisional: _, ...outcome }) => outcome,
    ),
    'a mode is used that nobody declared': checked(({ modes }) => ({ modes: modes.toReversed() })),
    'the last mode is tried again': checked(({ modes }) => ({ modes: [...modes, ...modes.slice(-1)] })),
    'modes that need agreement ask directly': checked(({ modes }) => ({
      modes: modes.map((mode) => ({ ...mode, isAgreed: false })),
    })),
    'modes that need none are agreed on': checked(({ modes }) => ({
      modes: modes.map((mode) => ({ ...mode, isAgreed: true })),
    })),
    'failures are not noticed': triggered({ failedShare: 2 }),
    'time is not noticed': triggered({ timeShare: 10 }),
    'it gives up too soon': triggered({ timeShare: 0.5 }),
    'nothing is ever good enough': triggered({ qualityMin: 1.1 }),
    'a mode is not left when its time is up': {
      ...adaptive,
      step: (state, event) => (event.type === 'timer' ? [state, []] : step(state, event)),
    },
  }
}
