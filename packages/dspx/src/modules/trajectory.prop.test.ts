import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import {
  type FittedTrajectory,
  fitTrajectory,
  oldObservationChars,
  type ReactStep,
  trajectoryText,
} from './trajectory.ts'

/** Steps of all shapes. */
function steps(seed: number): ReactStep[] {
  const random = seededRandom(seed)
  const chars = (max: number) => Math.floor(random.next() ** 3 * max)
  return Array.from({ length: 1 + chars(12) }, (_, i) => ({
    thought: 't'.repeat(chars(200)),
    calls: Array.from({ length: chars(4) }, () => ({
      tool: 'look',
      arguments: { at: i },
      outcome: 'given' as const,
      observation: 'o'.repeat(chars(6_000)),
    })),
  }))
}

type Fit = (steps: readonly ReactStep[], charsMax: number) => FittedTrajectory
/** What must hold of any way to fit. A sentence for what does not. */
function broken(fit: Fit): string | undefined {
  for (let seed = 1; seed <= 150; seed++) {
    const given = steps(seed)
    for (const charsMax of [2_000, 5_000, 20_000, 1_000_000]) {
      const { omitted, steps: shown } = fit(given, charsMax)
      const whole = trajectoryText(given, Number.MAX_SAFE_INTEGER)
      if (omitted + shown.length !== given.length) return 'steps are shown, or left out from the front'
      if (shown.at(-1)?.thought !== given.at(-1)?.thought) return 'the last step stays'
      const isSame = shown.every((step, i) => JSON.stringify(step) === JSON.stringify(given[omitted + i]))
      if (whole.length + 4 <= charsMax && (omitted > 0 || !isSame)) return 'what fits is whole'
      const lengths = (list: readonly ReactStep[]) =>
        list.map(({ calls }) => calls.map(({ observation }) => observation.length))
      const before = lengths(given.slice(omitted))
      const after = lengths(shown)
      const isShort = after.map((one, i) => one.some((chars, j) => chars < (before[i]?.[j] ?? 0)))
      const firstWhole = isShort.findIndex(
        (short, i) => !short && (before[i] ?? []).some((chars) => chars > oldObservationChars),
      )
      if (firstWhole >= 0 && isShort.slice(firstWhole, -1).some(Boolean)) return 'the oldest are shortened first'
      if (
        omitted > 0 &&
        after
          .slice(0, -1)
          .flat()
          .some((chars) => chars > oldObservationChars)
      )
        return 'steps are left out last'
      const size = shown.reduce(
        (sum, step) =>
          sum + step.thought.length + step.calls.reduce((all, { observation }) => all + observation.length, 0),
        0,
      )
      if (size > charsMax) return 'it fits'
    }
  }
  return undefined
}

describe('fitTrajectory', () => {
  test('keeps its laws', () => {
    expect(broken(fitTrajectory)).toBeUndefined()
  })

  test.each<[string, Fit]>([
    ['what fits is whole', (given) => ({ omitted: given.length - 1, steps: given.slice(-1) })],
    ['it fits', (given) => ({ omitted: 0, steps: given })],
    [
      'the last step stays',
      (given) => ({ omitted: 0, steps: [...given.slice(0, -1), { thought: 'other', calls: [] }] }),
    ],
    [
      'steps are shown, or left out from the front',
      (given, max) => ({ ...fitTrajectory(given, max), omitted: 0, steps: given.slice(-1) }),
    ],
    [
      'the oldest are shortened first',
      (given, max) => {
        const turned = fitTrajectory([...given.slice(0, -1).reverse(), ...given.slice(-1)], max)
        return turned.omitted > 0
          ? fitTrajectory(given, max)
          : { omitted: 0, steps: [...turned.steps.slice(0, -1).reverse(), ...turned.steps.slice(-1)] }
      },
    ],
  ])('a planted bug breaks the law: %s', (law, fit) => {
    expect(broken(fit)).toBe(law)
  })

  test('text is never longer than allowed, and says what is left out', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const given = steps(seed)
      for (const charsMax of [0, 1, 50, 100, 1_000, 3_000])
        expect(trajectoryText(given, charsMax).length).toBeLessThanOrEqual(charsMax)
      const { omitted } = fitTrajectory(given, 1_000)
      if (omitted > 1) expect(trajectoryText(given, 1_000)).toContain(`steps 1 to ${omitted} are left out`)
    }
  })
})
