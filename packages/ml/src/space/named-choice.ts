/** Choices among things that are more than a scalar: candidate texts, and modules that go by a name. */

import { checkOptions } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import { type DescribedOptions, descriptionRules, finishedVariable, type Gated, type When } from './description.ts'
import { type ChoiceOptions, type ChoiceVariable, choice, choiceValuesMax } from './variable.ts'

/** A choice among texts. A value is the text itself, so that it means the same when the list changes. */
export interface TextVariable<T extends string = string> extends ChoiceVariable<T> {
  readonly role: 'text'
}

/** A choice among modules. A value is a name; what it stands for is in `modules`, which JSON leaves out. */
export interface ModuleVariable<M extends Modules = Modules> extends ChoiceVariable<keyof M & string> {
  readonly role: 'module'
  readonly modules: M
}

/** What can be chosen, by name. */
export interface Modules {
  readonly [name: string]: unknown
}

export interface ModuleOptions<M extends Modules, W extends When | undefined = When | undefined>
  extends DescribedOptions<keyof M & string, W> {
  /** @default the first name */
  readonly default?: keyof M & string
}

/** The most characters of one candidate text. */
export const textCharsMax = 100_000

/**
 * One of some texts, such as instructions.
 *
 * Throws: `ml/invalid-variable` for no texts, a text twice, an empty or too long one; `foundation/unknown-name`.
 * @example text(['Answer briefly.', 'Think step by step, then answer.'])
 */
export function text<const T extends string, const W extends When | undefined = undefined>(
  candidates: readonly T[],
  options: ChoiceOptions<NoInfer<T>, W> = {},
): Gated<TextVariable<T>, NoInfer<W>> {
  checkOptions('text', options, descriptionRules)
  if (!Array.isArray(candidates) || candidates.length === 0 || candidates.length > choiceValuesMax) {
    throw invalidVariable('text: candidates', `a list of 1 to ${choiceValuesMax} texts`, candidates)
  }
  for (const [i, one] of candidates.entries()) {
    if (typeof one === 'string' && one.length > 0 && one.length <= textCharsMax) continue
    throw invalidVariable(`text: candidates[${i}]`, `a text of 1 to ${textCharsMax} characters`, one)
  }
  const { type, ...rest } = choice(candidates, options)
  return finishedVariable({ type, role: 'text', ...rest }, options.default) as unknown as Gated<
    TextVariable<T>,
    NoInfer<W>
  >
}

/**
 * One of some modules, by name: `variable.modules[config.name]` is the one chosen.
 *
 * Throws: `ml/invalid-variable` for no modules or an unknown default; `foundation/unknown-name`.
 * @example moduleChoice({ predict, chainOfThought }) // ConfigOf: 'predict' | 'chainOfThought'
 */
export function moduleChoice<const M extends Modules, const W extends When | undefined = undefined>(
  modules: M,
  options: ModuleOptions<NoInfer<M>, W> = {},
): Gated<ModuleVariable<M>, NoInfer<W>> {
  checkOptions('moduleChoice', options, descriptionRules)
  if (typeof modules !== 'object' || modules === null || Object.keys(modules).length === 0) {
    throw invalidVariable('moduleChoice: modules', 'an object with at least one module', modules)
  }
  return withModules(choice(Object.keys(modules), options), modules, options.default) as Gated<
    ModuleVariable<M>,
    NoInfer<W>
  >
}

/** The variable with the modules its values stand for, which are not part of its JSON form. */
export function withModules(variable: ChoiceVariable, modules: Modules, givenDefault: unknown): ModuleVariable {
  const { type, ...rest } = variable
  const made = { type, role: 'module', ...rest }
  Object.defineProperty(made, 'modules', { value: Object.freeze({ ...modules }) })
  return finishedVariable(made, givenDefault) as unknown as ModuleVariable
}
