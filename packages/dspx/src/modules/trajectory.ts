/** What a model that works with tools has thought, called and seen, in a bounded number of characters. */

import { shortened } from '../tools/observation-text.ts'
import type { MadeCall } from '../tools/tool-call.ts'

/** One step. */
export interface ReactStep {
  readonly thought: string
  /** The tools that were called at once; none where the model was done, or could not be understood. */
  readonly calls: readonly MadeCall[]
  /** Why the step was none: an answer that could not be read or was cut off. */
  readonly fault?: string
}

/** The steps that are shown, with observations as they are shown. */
export interface FittedTrajectory {
  /** How many of the first steps are left out. */
  readonly omitted: number
  readonly steps: readonly ReactStep[]
}

/** What old observations are shortened to before steps are left out. */
export const oldObservationChars = 200

/**
 * The steps in at most `charsMax` characters of {@link trajectoryText}: the oldest observations are shortened first, each saying how
 * much is left out; then the oldest steps are left out; the last one stays, shortened where it has to be.
 */
export function fitTrajectory(steps: readonly ReactStep[], charsMax: number): FittedTrajectory {
  const fitted = [...steps]
  const sizes = fitted.map((step, i) => stepText(step, i).length + 2)
  let chars = sizes.reduce((sum, one) => sum + one, 0)
  const replace = (i: number, step: ReactStep) => {
    chars -= sizes[i] ?? 0
    sizes[i] = stepText(step, i).length + 2
    chars += sizes[i]
    fitted[i] = step
  }
  for (let i = 0; i < fitted.length - 1 && chars > charsMax; i++) {
    replace(i, withObservations(fitted[i] as ReactStep, oldObservationChars))
  }
  let omitted = 0
  while (omitted < fitted.length - 1 && chars + omittedText(omitted).length > charsMax) {
    chars -= sizes[omitted] ?? 0
    omitted += 1
  }
  const last = fitted.length - 1
  const over = chars + omittedText(omitted).length - charsMax
  if (over > 0 && last >= 0) replace(last, lastStep(fitted[last] as ReactStep, over))
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

function withObservations(step: ReactStep, charsMax: number): ReactStep {
  return { ...step, calls: step.calls.map((call) => ({ ...call, observation: shortened(call.observation, charsMax) })) }
}

/** Shares what is too much among the observations of the step. */
function lastStep(step: ReactStep, over: number): ReactStep {
  const chars = step.calls.reduce((sum, { observation }) => sum + observation.length, 0)
  const share = Math.max(0, chars - over) / Math.max(1, chars)
  const calls = step.calls.map((call) => ({
    ...call,
    observation: shortened(call.observation, Math.floor(call.observation.length * share)),
  }))
  return { ...step, calls }
}
