/** The errors of programs: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, messageOf, show } from '@mabeam/foundation'

/** An input a predictor cannot be asked with. */
export function invalidInput(owner: string, field: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-input', `${owner}: input ${field}: expected ${expected}, got ${show(got)}`, {
    data: { owner, field, expected, got: show(got) },
  })
}

/** A predictor without a model was asked. */
export function noModel(
  owner: string,
  expected = 'a language model or the id of one, by run(inputs, { lm }) or withLm(lm, …) around it',
  got?: unknown,
): MabeamError {
  return new MabeamError('dspx/no-model', `${owner}: lm: expected ${expected}, got ${show(got)}`)
}

/** A call that is looked at and not made: refused as by a budget that is spent, so that nobody tries again or asks for something else. */
export function previewOnly(modelId: string): MabeamError {
  return new MabeamError('dspx/budget-exhausted', `${modelId}: a preview asks nobody`)
}

/** A program whose fields hold more, or hold it deeper, than is looked at. */
export function programTooLarge(program: string, expected: string, path: string): MabeamError {
  return new MabeamError('dspx/program-too-large', `program ${program}: expected ${expected}, got more at ${path}`, {
    data: { program, expected, path },
  })
}

/** A program whose parts contradict each other. */
export function invalidProgram(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-program', `program ${program}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { program, key, expected, got: show(got) },
  })
}

/** A copy of a program failed whose class keeps something where copies cannot have it. */
export function privateField(program: string, field: string, thrown: unknown): MabeamError {
  const sentence = `program ${program}: ${field}: expected fields that compile can copy, got a private one, which its copy lacks (${messageOf(thrown)}); name it without #`
  return new MabeamError('dspx/invalid-program', sentence, { data: { program, key: field }, cause: thrown })
}

/** A state that belongs to another program or holds impossible values. */
export function invalidState(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-state', `state of ${program}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { program, key, expected, got: show(got) },
  })
}

/** A run has ended, and what was at work in it, or began in it afterwards, ends too. */
export function runEnded(
  program: string,
  outcome: { readonly type: 'completed' | 'failed'; readonly thrown?: unknown },
): MabeamError {
  const { type, thrown } = outcome
  const how = type === 'failed' ? `failed (${messageOf(thrown)})` : 'ended'
  const sentence = `program ${program}: the run has ${how}, and nothing works on in it; await what it begins, or begin it by withoutRun`
  return new MabeamError('dspx/run-ended', sentence, {
    data: { program, outcome: type },
    ...(type === 'failed' && { cause: thrown }),
  })
}

/** A program's own code threw. */
export function programFailed(program: string, thrown: unknown): MabeamError {
  return new MabeamError('dspx/program-failed', `program ${program}: ${messageOf(thrown)}`, {
    data: { program },
    cause: thrown,
  })
}
