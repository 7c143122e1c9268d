/** Functions without noise, or with a little: smooth and rough, numeric, mixed and conditional, of one or more losses. */

import { type Config, choice, float, int, type Space, space, type Variable } from '@mabeam/ml'
import type { Problem, ProblemFamily } from './problem.ts'

const { PI, cos, exp, log10, sin, sqrt } = Math

type Numbers = { readonly [name: string]: number }

export const functions: readonly ProblemFamily[] = [
  exact('rosenbrock-4', cube(4, -2, 2), (x) =>
    sum(x.slice(1), (next, i) => 100 * (next - (x[i] as number) ** 2) ** 2 + (1 - (x[i] as number)) ** 2),
  ),
  exact('ackley-5', cube(5, -15, 20), (x) => {
    const n = x.length
    const radius = sqrt(sum(x, (one) => one * one) / n)
    return 20 + Math.E - 20 * exp(-0.2 * radius) - exp(sum(x, (one) => cos(2 * PI * one)) / n)
  }),
  exact(
    'styblinski-3',
    cube(3, -5, 5),
    (x) => sum(x, (one) => 0.5 * (one ** 4 - 16 * one * one + 5 * one)) + 3 * 39.16616570377142,
  ),
  forest(),
  noisyValley(),
].map(alone)

export const tradeOffFunctions: readonly ProblemFamily[] = [
  {
    name: 'fonseca-3',
    space: spaceOf(cube(3, -4, 4)),
    reference: [1.05, 1.05],
    truth: fonseca,
    measure: fonseca,
  },
  {
    name: 'bent-4',
    space: spaceOf({ ...cube(4, 0, 1), shape: choice(['round', 'straight']) }),
    reference: [1.3, 1.3],
    truth: bent,
    measure: bent,
  },
].map(alone)

export const limitedFunctions: readonly ProblemFamily[] = [limitedValley()].map(alone)

/** The same for each seed. */
function alone(problem: Problem): ProblemFamily {
  return { name: problem.name, at: () => problem }
}

/** A function whose least value is 0. */
function exact(name: string, variables: Variables, of: (x: readonly number[]) => number): Problem {
  const measure = (config: Config) => [of(Object.values(config as unknown as Numbers))]
  return { name, space: spaceOf(variables), truth: measure, measure, least: 0 }
}

type Variables = { readonly [name: string]: Variable }

function spaceOf(variables: Variables): Space {
  return space(variables) as unknown as Space
}

function cube(d: number, low: number, high: number): Variables {
  return Object.fromEntries(Array.from({ length: d }, (_, i) => [`x${i}`, float(low, high)]))
}

function sum(values: readonly number[], of: (value: number, i: number) => number): number {
  return values.reduce((total, value, i) => total + of(value, i), 0)
}

/** A made-up tuning of three learners, each with variables of its own. */
function forest(): Problem {
  const variables = {
    learner: choice(['forest', 'boost', 'kernel']),
    trees: int(10, 1000, { log: true, when: { learner: ['forest', 'boost'] } }),
    depth: int(1, 16, { when: { learner: ['forest', 'boost'] } }),
    rate: float(1e-3, 1, { log: true, when: { learner: ['boost'] } }),
    shape: choice(['linear', 'radial', 'cubic'], { when: { learner: ['kernel'] } }),
    softness: float(1e-3, 1e3, { log: true, when: { learner: ['kernel'] } }),
    width: float(1e-4, 10, { log: true, when: { learner: ['kernel'] } }),
    scaling: choice(['none', 'unit', 'normal', 'rank']),
  } as unknown as Variables
  const scalings: { readonly [name: string]: number } = { none: 0.05, unit: 0.01, normal: 0, rank: 0.02 }
  const truth = (config: Config) => {
    const { learner, shape } = config as { learner: string; shape?: string }
    const { trees = 1, depth = 1, rate = 1, softness = 1, width = 1 } = config as unknown as Numbers
    const scaled = scalings[config.scaling as string] as number
    if (learner === 'kernel') {
      const kind = { linear: 0.06, radial: 0, cubic: 0.03 }[shape as 'linear'] as number
      return [0.14 + kind + 1.5 * scaled + 0.01 * (log10(softness) - 1) ** 2 + 0.02 * (log10(width) + 1.5) ** 2]
    }
    if (learner === 'forest') return [0.16 + 0.3 * scaled + 0.02 * (3 - log10(trees)) + 0.002 * (depth - 13) ** 2]
    const pace = log10(trees) + log10(rate)
    return [0.11 + 0.2 * scaled + 0.03 * (pace - 1) ** 2 + 0.004 * (log10(rate) + 1.7) ** 2 + 0.003 * (depth - 5) ** 2]
  }
  return { name: 'mixed-forest', space: spaceOf(variables), truth, measure: truth }
}

/** Two valleys, the narrower one deeper, with additive noise. */
function noisyValley(): Problem {
  const truth = (config: Config) => {
    const { x, y, z } = config as unknown as Numbers as { x: number; y: number; z: number }
    const wide = 0.8 * exp(-6 * ((x - 0.7) ** 2 + (y - 0.3) ** 2))
    const narrow = 1.1 * exp(-25 * ((x - 0.2) ** 2 + (y - 0.75) ** 2))
    return [1.2 - wide - narrow + 0.1 * sin(3 * z) ** 2]
  }
  return {
    name: 'noisy-valley',
    space: spaceOf({ x: float(0, 1), y: float(0, 1), z: float(-1, 1) }),
    truth,
    measure: (config, random) => truth(config).map((one) => one + 0.1 * random.normal()),
  }
}

function fonseca(config: Config): number[] {
  const x = Object.values(config as unknown as Numbers)
  const part = (sign: number) => 1 - exp(-sum(x, (one) => (one + sign / sqrt(x.length)) ** 2))
  return [part(-1), part(1)]
}

function bent(config: Config): number[] {
  const { x0, x1, x2, x3 } = config as unknown as { [name: string]: number }
  const far =
    ((x1 as number) - 0.3) ** 2 + ((x2 as number) - 0.6) ** 2 + 2 * ((x3 as number) - 0.5 * (x0 as number)) ** 2
  const [first, second] = [x0 as number, config.shape === 'round' ? 1 - (x0 as number) ** 2 : 1 - 0.9 * (x0 as number)]
  return [first + far, second + far + (config.shape === 'round' ? 0 : 0.05)]
}

/** The least loss lies at the edge of what a measured bound allows. */
function limitedValley(): Problem {
  const truth = (config: Config) => {
    const { x, y, z } = config as unknown as { x: number; y: number; z: number }
    const loss = (x - 0.8) ** 2 + (y - 0.7) ** 2 + 0.3 * (z - 0.4) ** 2
    return [config.mode === 'fast' ? loss + 0.02 : loss, 10 ** (1.2 * x + y + (config.mode === 'fast' ? -0.4 : 0.2))]
  }
  return {
    name: 'limited-valley',
    space: spaceOf({ x: float(0, 1), y: float(0, 1), z: float(0, 1), mode: choice(['fast', 'full']) }),
    limits: [{ name: 'loss1', atMost: 12 }],
    truth,
    measure: truth,
  }
}
