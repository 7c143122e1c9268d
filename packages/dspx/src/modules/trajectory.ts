/** What a model that works with tools has thought, called and seen, in a bounded number of characters. */

import { shortened } from '../tools/observation-text.ts'
import type { MadeCall } from '../tools/tool-call.ts'

/** One step. */
export interface ReactStep {
  readonly thought: string
  /** What the model thought before it spoke, where its provider tells; it is no part of the trajectory that is shown. */
  readonly reasoning?: string
  /** The tools that were called at once; none where the model was done, or could not be understood. */
  readonly calls: readonly MadeCall[]
  /** Why the step was none: an answer that could not be read or was cut off. */
  readonly fault?: string
}

/** The steps that are shown, with observations as they are shown. */
export interface FittedTrajectory<S extends ReactStep = ReactStep> {
  /** How many of the first steps are left out. */
  readonly omitted: number
  readonly steps: readonly S[]
}

/** What old observations are shortened to before steps are left out. */
export const oldObservationChars = 200

/**
 * The steps in at most `charsMax` characters of {@link trajectoryText}: the oldest observations are shortened first, each saying how
 * much is left out; then the oldest steps are left out; the last one stays, shortened where it has to be. `moreChars` are those of a
 * step beside its text, which cannot be shortened.
 */
export function fitTrajectory<S extends ReactStep>(
  steps: readonly S[],
  charsMax: number,
  moreChars: (step: S) => number = () => 0,
): FittedTrajectory<S> {
  const fitted = [...steps]
  const sizeOf = (step: S, i: number) => stepText(step, i).length + 2 + moreChars(step)
  const sizes = fitted.map(sizeOf)
  let chars = sizes.reduce((sum, one) => sum + one, 0)
  const replace = (i: number, step: S) => {
    chars -= sizes[i] ?? 0
    sizes[i] = sizeOf(step, i)
    chars += sizes[i]
    fitted[i] = step
  }
  for (let i = 0; i < fitted.length - 1 && chars > charsMax; i++) {
    replace(i, withObservations(fitted[i] as S, oldObservationChars))
  }
  let omitted = 0
  while (omitted < fitted.length - 1 && chars + omittedText(omitted).length > charsMax) {
    chars -= sizes[omitted] ?? 0
    omitted += 1
  }
  const last = fitted.length - 1
  const over = chars + omittedText(omitted).length - charsMax
  if (over > 0 && last >= 0) replace(last, lastStep(fitted[last] as S, over))
  return { omitted, steps: fitted.slice(omitted) }
}

/** The steps as text; never longer than `charsMax`. */
export function trajectoryText(steps: readonly ReactStep[], charsMax: number): string {
  if (steps.length === 0) return 'nothing yet'.slice(0, charsMax)
  const { omitted, steps: shown } = fitTrajectory(steps, charsMax)
  const texts = shown.map((step, i) => stepText(step, omitted + i))
  return shortened(`${omittedText(omitted)}${texts.join('\n\n')}`, charsMax)
}

/** What stands for steps that are left out; empty for none. */
export function omittedText(omitted: number): string {
  if (omitted === 0) return ''
  return omitted === 1 ? '[step 1 is left out]\n\n' : `[steps 1 to ${omitted} are left out]\n\n`
}

function stepText({ thought, calls, fault }: ReactStep, index: number): string {
  const lines = [`Step ${index + 1}`]
  if (thought !== '') lines.push(`Thought: ${thought}`)
  for (const { tool, arguments: given, observation } of calls) {
    lines.push(`Call: ${tool}(${given === undefined ? '?' : JSON.stringify(given)})`, `Observation: ${observation}`)
  }
  if (fault !== undefined) lines.push(`Observation: ${fault}`)
  return lines.join('\n')
}

function withObservations<S extends ReactStep>(step: S, charsMax: number): S {
  return { ...step, calls: step.calls.map((call) => ({ ...call, observation: shortened(call.observation, charsMax) })) }
}

/** Shares what is too much among the observations of the step. */
function lastStep<S extends ReactStep>(step: S, over: number): S {
  const chars = step.calls.reduce((sum, { observation }) => sum + observation.length, 0)
  const share = Math.max(0, chars - over) / Math.max(1, chars)
  const calls = step.calls.map((call) => ({
    ...call,
    observation: shortened(call.observation, Math.floor(call.observation.length * share)),
  }))
  return { ...step, calls }
}
