/**
 * Programs over a language model, as a model of them: the logit of the accuracy is a sum of effects of choices and demos and
 * temperature, and of effects of pairs; a measurement is a share of right answers over some examples. The constants are drawn anew for each seed.
 */

import { type Random, seededRandom } from '@mabeam/foundation'
import { bool, type Config, choice, float, int, type Scalar, type Space, space, type Variable } from '@mabeam/ml'
import type { Losses, Problem, ProblemFamily } from './problem.ts'

interface Shape {
  readonly name: string
  readonly variables: { readonly [name: string]: Variable }
  /** Deviations of the effects of single variables by name; those not named have none. */
  readonly effects: { readonly [name: string]: number }
  /** Deviations of the effects of pairs, as `a×b`. */
  readonly pairs?: { readonly [pair: string]: number }
  /** The logit of the accuracy where no effect is. */
  readonly base: number
  /** Examples of a measurement. */
  readonly examples: number
  /** With a cost and a latency as second and third losses. */
  readonly priced?: boolean
}

/** The hypervolume is counted up to here, prices in logarithms. */
const priceReference = [1, 1.6, 1.6]

export const languagePrograms: readonly ProblemFamily[] = [
  familyOf({
    name: 'lm-prompts',
    variables: {
      prompt: choice(names(30)),
      demoSet: choice(names(10)),
      model: choice(names(2)),
      temperature: float(0, 1.2),
    },
    effects: { prompt: 0.6, demoSet: 0.4, model: 0.7, temperature: 0.6 },
    pairs: { 'prompt×model': 0.3 },
    base: 0.5,
    examples: 100,
  }),
  familyOf({
    name: 'lm-small',
    variables: { style: choice(names(5)), model: choice(names(3)), demos: int(0, 16), temperature: float(0, 2) },
    effects: { style: 0.5, model: 0.9, demos: 0.8, temperature: 0.9 },
    pairs: { 'style×model': 0.5, 'demos×model': 0.3 },
    base: 0,
    examples: 30,
  }),
  familyOf({
    name: 'lm-pipeline',
    variables: {
      queryPrompt: choice(names(8)),
      queryDemos: int(0, 6),
      answerPrompt: choice(names(12)),
      answerDemos: int(0, 6),
      passages: int(1, 20),
      temperature: float(0, 1),
      rerank: bool(),
    },
    effects: {
      queryPrompt: 0.4,
      queryDemos: 0.3,
      answerPrompt: 0.6,
      answerDemos: 0.5,
      passages: 0.7,
      temperature: 0.2,
      rerank: 0.3,
    },
    pairs: { 'rerank×passages': 0.4, 'answerPrompt×answerDemos': 0.3 },
    base: -0.5,
    examples: 60,
  }),
  familyOf({
    name: 'lm-idle',
    variables: {
      prompt: choice(names(15)),
      model: choice(names(4)),
      demos: int(0, 8),
      temperature: float(0, 1.5),
      topP: float(0.5, 1),
      penalty: float(0, 1),
      adapter: choice(names(4)),
      tone: choice(names(5)),
      maxTokens: int(64, 2048, { log: true }),
      stop: bool(),
    },
    effects: { prompt: 0.7, model: 0.8, demos: 0.6, temperature: 0.05, adapter: 0.1 },
    pairs: { 'prompt×model': 0.3 },
    base: 0.5,
    examples: 40,
  }),
  familyOf({
    name: 'lm-agent',
    variables: {
      loop: choice(['single', 'react', 'code']),
      prompt: choice(names(16)),
      steps: int(1, 12, { when: { loop: ['react', 'code'] } }),
      tools: choice(names(4), { when: { loop: ['react'] } }),
      repair: bool({ when: { loop: ['code'] } }),
      demos: int(0, 8, { when: { loop: ['single', 'react'] } }),
      temperature: float(0, 1.5),
    },
    effects: { loop: 0.7, prompt: 0.5, steps: 0.8, tools: 0.5, repair: 0.4, demos: 0.5, temperature: 0.5 },
    pairs: { 'prompt×loop': 0.3, 'temperature×loop': 0.4 },
    base: 0.3,
    examples: 50,
  }),
  familyOf({
    name: 'lm-rough',
    variables: {
      prompt: choice(names(6)),
      model: choice(names(4)),
      adapter: choice(names(3)),
      temperature: float(0, 1),
    },
    effects: { prompt: 0.5, model: 0.8, adapter: 0.3, temperature: 0.7 },
    pairs: { 'prompt×model': 0.5, 'model×adapter': 0.4 },
    base: 1,
    examples: 16,
  }),
]

export const pricedPrograms: readonly ProblemFamily[] = [
  familyOf({
    name: 'lm-priced',
    variables: {
      prompt: choice(names(10)),
      model: choice(names(5)),
      demos: int(0, 12),
      votes: int(1, 9),
      temperature: float(0, 1.2),
    },
    effects: { prompt: 0.5, model: 1, demos: 0.5, votes: 0.4, temperature: 0.4 },
    pairs: { 'prompt×model': 0.3 },
    base: 0,
    examples: 80,
    priced: true,
  }),
]

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `v${i}`)
}

function familyOf(shape: Shape): ProblemFamily {
  return { name: shape.name, at: (seed) => languageProgram(shape, seed) }
}

function languageProgram(shape: Shape, seed: number): Problem {
  const searched = space(shape.variables) as unknown as Space
  const random = seededRandom(`language program ${shape.name} ${seed}`)
  const single = Object.entries(shape.effects).map(([name, size]) =>
    effectOf(shape.variables[name] as Variable, { name, size, random }),
  )
  const pairs = Object.entries(shape.pairs ?? {}).map(([pair, size]) => {
    const [a, b] = pair.split('×') as [string, string]
    return pairEffect(shape, [a, b], { size, random })
  })
  const accuracy = (config: Config) => {
    const logit = [...single, ...pairs].reduce((sum, effect) => sum + effect(config), shape.base)
    return 0.03 + 0.94 / (1 + Math.exp(-logit))
  }
  const prices = pricesOf(random)
  const rest = (config: Config) => (shape.priced ? prices(config) : [])
  return {
    name: shape.name,
    space: searched,
    ...(shape.priced ? { reference: priceReference } : {}),
    truth: (config) => [1 - accuracy(config), ...rest(config)],
    measure(config, noise) {
      const share = accuracy(config)
      let right = 0
      for (let i = 0; i < shape.examples; i++) if (noise.next() < share) right++
      return [1 - right / shape.examples, ...rest(config)] as Losses
    },
  }
}

type Effect = (config: Config) => number

function effectOf(variable: Variable, { name, size, random }: { name: string; size: number; random: Random }): Effect {
  const curve = curveOf(variable, { size, random })
  return (config) => {
    const value = config[name]
    return value === undefined ? 0 : curve(value as Scalar)
  }
}

/** Choices get a normal effect each; numbers a hump whose top is anywhere. */
function curveOf(variable: Variable, { size, random }: { size: number; random: Random }): (value: Scalar) => number {
  if (variable.type === 'choice' || variable.type === 'bool') {
    const values: readonly Scalar[] = variable.type === 'bool' ? [false, true] : variable.values
    const effects = new Map(values.map((value) => [value, size * random.normal()]))
    return (value) => effects.get(value) as number
  }
  const top = random.next()
  const place = (value: number) => {
    const unit = variable.log
      ? Math.log(value / variable.min) / Math.log(variable.max / variable.min)
      : (value - variable.min) / (variable.max - variable.min)
    return unit - top
  }
  return (value) => -4 * size * place(value as number) ** 2
}

/** For each value of the variable with few values a curve of the other. */
function pairEffect(
  { variables }: Shape,
  [a, b]: readonly [string, string],
  { size, random }: { size: number; random: Random },
): Effect {
  const [many, few] = isListed(variables[b] as Variable) ? [a, b] : [b, a]
  const values = new Map<Scalar, Effect>()
  const listed = variables[few] as Variable
  const keys: readonly Scalar[] = listed.type === 'choice' ? listed.values : [false, true]
  for (const key of keys) values.set(key, effectOf(variables[many] as Variable, { name: many, size, random }))
  return (config) => values.get(config[few] as Scalar)?.(config) ?? 0
}

function isListed({ type }: Variable): boolean {
  return type === 'choice' || type === 'bool'
}

/** Logarithms of a cost and a latency, which grow with demos and votes and differ by model. */
function pricesOf(random: Random) {
  const models = Array.from({ length: 8 }, () => [1.5 * random.next(), random.next()] as const)
  return (config: Config) => {
    const [cost, latency] = models[Number(String(config.model).slice(1))] as readonly [number, number]
    const calls = (config.votes as number | undefined) ?? 1
    const size = 1 + 0.2 * (config.demos as number)
    return [10 ** (cost - 1) * calls * size, 10 ** (latency - 0.5) * (1 + 0.3 * calls) * (0.7 + 0.3 * size)]
  }
}
