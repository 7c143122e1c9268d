/** The agents: each has readings of its own that no other has seen, and judges models by how they do on these. */

import { defineAgent } from '@mabeam/coordination'
import { accuracyOf, type Candidate, families, type Model } from './families.ts'
import type { Reading } from './readings.ts'

/** Models are fitted once, whoever asks for them. */
export type Workshop = (candidate: Candidate) => Model

export function openWorkshop(training: readonly Reading[]): Workshop {
  const fitted = new Map<string, Model>()
  return (candidate) => {
    const key = JSON.stringify(candidate)
    const { family, configuration, parameter } = candidate
    const model = fitted.get(key) ?? families[family]?.fit(training, configuration, parameter)
    if (model === undefined) throw new Error(`no family ${family}`)
    fitted.set(key, model)
    return model
  }
}

export interface Judging {
  readonly workshop: Workshop
  readonly own: readonly Reading[]
  /** Wants the worst to win. */
  readonly isLiar: boolean
}

interface Candidates {
  readonly candidates: { readonly [option: string]: Candidate }
}

interface Tuned {
  readonly candidate: Candidate
  readonly among: readonly number[]
}

export const Judge = defineAgent(import.meta.url, {
  name: 'judge',
  version: 1,
  init: (judging: Judging) => judging,
  requests: {
    /** The candidate that does best on its own readings, with how sure it can be by so few of them. */
    vote: (judging, { options, context }) => {
      const { candidates } = context as Candidates
      const rated = options.map((option) => {
        const candidate = candidates[option]
        return { option, score: candidate === undefined ? 0 : score(judging, candidate) }
      })
      const [first, second] = rated.sort((a, b) => (judging.isLiar ? a.score - b.score : b.score - a.score))
      const lead = Math.abs((first?.score ?? 0) - (second?.score ?? 0))
      const confidence = 1 - Math.exp(-lead * Math.sqrt(judging.own.length)) / 2
      return [judging, { option: first?.option ?? null, confidence }]
    },
    /** Where the parameter does best. */
    estimate: (judging, { context }) => {
      const { candidate, among } = context as Tuned
      const scored = among.map((parameter) => ({ parameter, score: score(judging, { ...candidate, parameter }) }))
      const most = Math.max(...scored.map((one) => one.score))
      const best = scored.filter((one) => one.score === most)
      return [judging, { value: best.reduce((sum, { parameter }) => sum + parameter, 0) / best.length }]
    },
    /** Goes to what the others think, as far as its own readings do not speak against it. */
    refine: (judging, { own, standing, context }) => {
      const { candidate } = context as Tuned
      const others = standing.reduce((sum, { value, share }) => sum + Number(value) * share, 0)
      const [mine, theirs] = [Number(own), others].map((parameter) => score(judging, { ...candidate, parameter }))
      const error = Math.sqrt(0.25 / judging.own.length)
      const isFine = (theirs ?? 0) >= (mine ?? 0) - error
      return [judging, { value: Number(own) + (others - Number(own)) * (isFine ? 0.9 : 0.5) }]
    },
  },
})

function score({ workshop, own }: Judging, candidate: Candidate): number {
  return accuracyOf(workshop(candidate), own)
}
