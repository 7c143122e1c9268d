import { describe, expect, test } from 'vitest'
import { paretoFront } from '../front/pareto-front.ts'
import { violationOf } from '../outcome-limit.ts'
import { recommend } from '../recommend/recommend.ts'
import { subset } from '../space/list-variable.ts'
import { space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import type { FinishedTrial } from '../trial.ts'
import { contourPlot } from './contour-plot.ts'
import { edfPlot } from './edf-plot.ts'
import { frontPlot } from './front-plot.ts'
import { historyPlot } from './history-plot.ts'
import { hypervolumePlot } from './hypervolume-plot.ts'
import { importancePlot } from './importance-plot.ts'
import { parallelPlot } from './parallel-plot.ts'
import type { Axis, ChartPlot, SeriesRole } from './plot.ts'
import { both, mixedStudy, tuning } from './plots.fixture.ts'
import { slicePlot } from './slice-plot.ts'
import { timelinePlot } from './timeline-plot.ts'

type Values = { readonly [name: string]: number }

const done = (number: number, values: Values, more: Partial<FinishedTrial> = {}): FinishedTrial => ({
  number,
  config: tuning.defaults as never,
  seed: 0,
  state: 'complete',
  values,
  attributes: null,
  seconds: 1,
  ...more,
})
const of = (finished: readonly FinishedTrial<object>[]) => ({ space: tuning, objectives: both, finished })
const seriesOf = (plot: ChartPlot, role: SeriesRole) => plot.panels[0]?.series.find((one) => one.role === role)

const categoriesOf = (axis: Axis | undefined) => (axis?.scale === 'category' ? axis.categories : [])
const domainOf = (axis: Axis | undefined) => (axis && axis.scale !== 'category' ? axis.domain : [])

describe('historyPlot', () => {
  test('sorts by number, keeps the best so far within the limits, and puts what has no value on the edge', () => {
    const limits = [{ name: 'costUsd', atMost: 5 }]
    const finished = [
      done(1, { accuracy: 0.4, costUsd: 1 }),
      done(0, { accuracy: 0.9, costUsd: 9 }),
      done(2, {}, { state: 'failed' }),
      done(3, { accuracy: 0.6, costUsd: 1 }),
      done(4, { accuracy: 0.5, costUsd: Number.NaN }),
      done(5, {}, { state: 'pruned' }),
    ]
    const plot = historyPlot({ ...of(finished), limits })
    expect(seriesOf(plot, 'best')?.y).toEqual([null, 0.4, 0.4, 0.6, 0.6, 0.6])
    expect(seriesOf(plot, 'beyond-limit')?.trials).toEqual([0])
    expect(seriesOf(plot, 'failed')).toMatchObject({ trials: [2, 4], y: [null, null] })
    expect(seriesOf(plot, 'pruned')).toMatchObject({ x: [5], y: [null] })
    expect(plot.panels[0]?.y).toMatchObject({ name: 'accuracy', better: 'larger', domain: [0.4, 0.9] })
  })

  test('on a logarithmic axis leaves out what is not above 0, and says so', () => {
    const plot = historyPlot(of([done(0, { accuracy: 0, costUsd: 1 }), done(1, { accuracy: 2, costUsd: 1 })]), {
      log: true,
    })
    expect(seriesOf(plot, 'measured')?.y).toEqual([null, 2])
    expect(plot.notes).toEqual(["1 trial not above 0, which a logarithmic axis can't show."])
  })

  test('refuses objectives that are not there, options that are none, and too many trials', () => {
    const study = of([])
    expect(() => historyPlot(study, { objective: 'acuracy' })).toThrow('did you mean "accuracy"?')
    expect(() => historyPlot(study, { logg: true } as never)).toThrow('did you mean "log"?')
    expect(() => historyPlot({ ...study, objectives: [] })).toThrow('1 to 8 objectives')
    const one = done(0, { accuracy: 1, costUsd: 1 })
    expect(historyPlot(of(new Array(100_000).fill(one))).panels).toHaveLength(1)
    expect(() => historyPlot(of(new Array(100_001).fill(one)))).toThrow('at most 100000 trials, got 100001')
    expect(() => historyPlot({ ...study, finished: 7 } as never)).toThrow('finished')
  })
})

describe('hypervolumePlot', () => {
  const study = of([
    done(0, { accuracy: 0.5, costUsd: 5 }),
    done(1, { accuracy: 0.5, costUsd: 5 }),
    done(2, {}, { state: 'failed' }),
    done(3, { accuracy: 0.75, costUsd: 2.5 }),
    done(4, { accuracy: 2, costUsd: -1 }),
  ])

  test('is the share of the box between ideal and reference', () => {
    const plot = hypervolumePlot(study, { reference: { accuracy: 0, costUsd: 10 }, ideal: { accuracy: 1, costUsd: 0 } })
    expect(seriesOf(plot, 'best')?.y).toEqual([0.25, 0.25, 0.25, 0.5625, 1])
    expect(plot.notes).toEqual([])
  })

  test('takes the box of the trials where none is given, and says that it is no measure between studies', () => {
    const plot = hypervolumePlot(study)
    expect(plot.notes[0]).toContain("can't be compared")
    expect(seriesOf(plot, 'best')?.y.at(-1)).toBe(1)
  })

  test('from four objectives on computes as often as it is told, and ends with what is so', () => {
    const objectives = ['a', 'b', 'c', 'd'].map((name) => ({ name, direction: 'minimise' as const }))
    const finished = Array.from({ length: 50 }, (_, i) =>
      done(i, { a: i, b: 50 - i, c: (7 * i) % 50, d: (11 * i) % 50 }),
    )
    const many = { space: tuning, objectives, finished }
    const levels = (volumesMax: number) => seriesOf(hypervolumePlot(many, { volumesMax }), 'best')?.y ?? []
    expect(new Set(levels(5)).size).toBeLessThanOrEqual(6)
    expect(levels(5).at(-1)).toBeCloseTo(levels(100).at(-1) as number, 12)
    expect(() => hypervolumePlot(many, { volumesMax: 1 })).toThrow('volumesMax')
  })

  test('refuses boxes that are none, and more than six objectives', () => {
    const box = { reference: { accuracy: 1, costUsd: 10 }, ideal: { accuracy: 1, costUsd: 0 } }
    expect(() => hypervolumePlot(study, box)).toThrow('accuracy worse than ideal (1), got 1')
    expect(() => hypervolumePlot(study, { reference: { accuracy: 1 } })).toThrow('a finite number for costUsd')
    expect(() => hypervolumePlot(study, { ideal: { acc: 1 } })).toThrow('unknown objective "acc"')
    const objectives = Array.from({ length: 7 }, (_, i) => ({ name: `o${i}`, direction: 'minimise' as const }))
    expect(() => hypervolumePlot({ ...of([]), objectives })).toThrow('1 to 6 objectives, got 7')
  })
})

describe('frontPlot', () => {
  const study = mixedStudy(40)

  test('sorts the front, adds what a model expects, and colours a third objective', () => {
    const expected = recommend(study)?.front.map(({ trial, expected }) => ({ number: trial.number, expected })) ?? []
    const plot = frontPlot(study, { expected })
    const front = seriesOf(plot, 'front')?.x as number[]
    expect(front).toEqual([...front].sort((a, b) => a - b))
    expect(seriesOf(plot, 'expected')?.trials).toHaveLength(expected.length)
    const third = { ...study, objectives: [...both, { name: 'latencyMs', direction: 'minimise' as const }] }
    const finished = study.finished.map((trial) => ({ ...trial, values: { ...trial.values, latencyMs: trial.number } }))
    const coloured = frontPlot({ ...third, finished }, { objectives: ['latencyMs', 'costUsd'] })
    expect(coloured.panels[0]?.colour?.name).toBe('accuracy')
    expect(coloured.notes[0]).toBe('The front is of all 3 objectives.')
    const within = finished.filter((trial) => trial.state === 'complete' && violationOf(trial, study.limits) === 0)
    const numbers = paretoFront(within, third.objectives).map(({ number }) => number)
    expect([...(seriesOf(coloured, 'front')?.trials ?? [])].sort((a, b) => a - b)).toEqual(
      numbers.sort((a, b) => a - b),
    )
  })

  test('refuses one objective, the same twice, and names that are not there', () => {
    expect(() => frontPlot({ ...study, objectives: both.slice(0, 1) })).toThrow('two objectives or more')
    expect(() => frontPlot(study, { objectives: ['accuracy', 'accuracy'] })).toThrow('the names of two objectives')
    expect(() => frontPlot(study, { objectives: ['accuracy', 'cost'] })).toThrow('unknown objective "cost"')
    expect(() => frontPlot(study, { log: ['cost'] })).toThrow('unknown objective "cost"')
  })
})

describe('slicePlot and parallelPlot', () => {
  const study = mixedStudy(40)

  test('have nothing where a variable is inactive', () => {
    const complete = study.finished.filter(({ state }) => state === 'complete')
    const inactive = complete.filter(({ config }) => config.demos === undefined).length
    const panel = slicePlot(study, { variables: ['demos'] }).panels[0]
    expect(panel?.series.flatMap(({ x }) => x).filter((x) => x === null)).toHaveLength(inactive)
    expect(inactive).toBeGreaterThan(0)
    const { lines, axes } = parallelPlot(study)
    expect(axes.map(({ name }) => name)).toEqual(['model', 'demos', 'temperature', 'rate', 'accuracy', 'costUsd'])
    expect(lines.filter(({ at }) => at[1] === null)).toHaveLength(inactive)
  })

  test('know units, scales and ends of variables', () => {
    const panels = slicePlot(study).panels
    expect(panels.map(({ x }) => x.scale)).toEqual(['category', 'linear', 'linear', 'log'])
    expect(panels[2]?.x).toMatchObject({ unit: 'K', domain: [0, 1.5] })
    expect(panels[0]?.x).toMatchObject({ categories: ['small', 'large', '模型'] })
    const [low, high] = domainOf(panels[3]?.x)
    expect([low, high].map((end) => Math.round(Math.log10(end as number)))).toEqual([-5, 0])
  })

  test('draw lists as the scalars that they consist of', () => {
    const lists = space({ tools: subset(['search', 'code']), k: int(0, 3) })
    const finished = [['search'], ['search', 'code'], []].map((tools, i) => {
      return { ...done(i, { accuracy: i, costUsd: 1 }), config: { tools, k: i } as never }
    })
    const { lines, axes } = parallelPlot({ space: lists as never, objectives: both, finished })
    expect(axes.map(({ name }) => name).slice(0, 3)).toEqual(lists.dimensions.map(({ name }) => name))
    expect(lines.map(({ at }) => at.slice(0, 3))).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [0, 0, 2],
    ])
  })

  test('show as many variables as there is room for, or those that are named', () => {
    const wide = space(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`v${i}`, float(0, 1)])))
    const one = { ...done(0, { accuracy: 1, costUsd: 1 }), config: wide.defaults }
    const study = { space: wide, objectives: both, finished: [one] }
    expect(slicePlot(study).panels).toHaveLength(12)
    expect(slicePlot(study).notes[0]).toBe('53 more variables; name those to be shown in `variables`.')
    expect(parallelPlot(study).axes).toHaveLength(22)
    const names = Object.keys(wide.variables)
    expect(slicePlot(study, { variables: names.slice(0, 64) }).panels).toHaveLength(64)
    expect(() => slicePlot(study, { variables: names })).toThrow('at most 64 names')
    expect(() => parallelPlot(study, { variables: names })).toThrow('at most 64 names')
    expect(() => parallelPlot(study, { variables: ['w1'] })).toThrow('unknown variable "w1"')
  })

  test('tell values apart that look alike, and gather those beyond the limit of categories', () => {
    const alike = space({ a: choice([1, '1']), many: choice(Array.from({ length: 100 }, (_, i) => `c${i}`)) })
    const finished = Array.from({ length: 200 }, (_, i) => {
      const config = { a: 1, many: `c${i < 150 ? i % 70 : 99}` }
      return { ...done(i, { accuracy: i, costUsd: 1 }), config }
    })
    const [a, many] = slicePlot({ space: alike as never, objectives: both, finished }).panels
    expect(a?.x).toMatchObject({ categories: ['1', '"1"'] })
    const categories = categoriesOf(many?.x)
    expect(categories).toHaveLength(64)
    expect(categories.at(-2)).toBe('c99')
    expect(categories.at(-1)).toBe('(37 others)')
  })
})

describe('contourPlot', () => {
  test('finds the hill that is there, and leaves out where nothing was tried', () => {
    const finished = Array.from({ length: 400 }, (_, i) => {
      const [temperature, rate] = [(1.5 * (i % 20)) / 19, 10 ** (-5 + (3 * Math.floor(i / 20)) / 19)]
      const accuracy = 1 - (temperature - 0.5) ** 2 - (Math.log10(rate) + 3) ** 2 / 10
      return { ...done(i, { accuracy, costUsd: 1 }), config: { model: 'small', demos: 1, temperature, rate } as never }
    })
    const plot = contourPlot(of(finished), { x: 'temperature', y: 'rate', cells: 20 })
    const cells = plot.panels[0]?.series.find(({ mark }) => mark === 'cells')
    const top = (cells?.value ?? []).reduce<number>((best, value, i) => {
      return (value ?? -9) > ((cells?.value?.[best] as number | null) ?? -9) ? i : best
    }, 0)
    expect(cells?.x[top]).toBeGreaterThan(0.3)
    expect(cells?.x2?.[top]).toBeLessThan(0.7)
    expect(cells?.y[top]).toBeGreaterThan(1e-4)
    expect(cells?.y2?.[top]).toBeLessThan(1e-2)
    const untried = (cells?.y ?? []).flatMap((y, i) => ((y as number) > 0.3 ? [cells?.value?.[i]] : []))
    expect(untried.length).toBeGreaterThan(0)
    expect(untried.every((value) => value === null)).toBe(true)
  })

  test('does not mix categories', () => {
    const finished = ['small', 'large'].map((model, i) => {
      return {
        ...done(i, { accuracy: i, costUsd: 1 }),
        config: { model, demos: 1, temperature: 0.5, rate: 0.1 } as never,
      }
    })
    const plot = contourPlot(of(finished), { x: 'model', y: 'temperature', cells: 2 })
    const cells = plot.panels[0]?.series.find(({ mark }) => mark === 'cells')
    const values = (at: number) =>
      new Set((cells?.value ?? []).filter((value, i) => value !== null && cells?.x[i] === at))
    expect([values(0), values(1), values(2)]).toEqual([new Set([0]), new Set([1]), new Set()])
  })

  test('refuses one variable twice, a space of one, and grids that are too fine', () => {
    const study = mixedStudy(5)
    expect(() => contourPlot(study, { x: 'rate', y: 'rate' })).toThrow('two variables that differ')
    expect(() => contourPlot(study, { x: 'raet' })).toThrow('did you mean "rate"?')
    const single = { ...study, space: space({ t: float(0, 1) }), finished: [] }
    expect(() => contourPlot(single)).toThrow('two variables that differ')
    expect(contourPlot(study, { cells: 64 }).type).toBe('contour')
    expect(() => contourPlot(study, { cells: 65 })).toThrow('from 2 to 64')
  })
})

describe('edfPlot', () => {
  test('compares up to ten studies by name', () => {
    const others = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, mixedStudy(5, i)]))
    expect(edfPlot(mixedStudy(5), { compare: others(9) }).panels[0]?.series).toHaveLength(10)
    expect(() => edfPlot(mixedStudy(5), { compare: others(10) })).toThrow('at most 9 studies')
    expect(() => edfPlot(mixedStudy(5), { name: 's0', compare: others(1) })).toThrow('none called "s0"')
    const strange = { ...mixedStudy(5), objectives: [{ name: 'f1', direction: 'maximise' as const }] }
    expect(() => edfPlot(mixedStudy(5), { compare: { strange } })).toThrow(
      'edfPlot: strange: unknown objective "accuracy"',
    )
  })
})

describe('importancePlot', () => {
  test('sorts, keeps as many bars as it is told, and refuses a measure that is not there', () => {
    const importances = [0.1, 0.6, 0.3].map((value, i) => ({ variable: `v${i}`, value }))
    const plot = importancePlot(importances, { barsMax: 2 })
    expect(plot.panels[0]?.y).toMatchObject({ categories: ['v1', 'v2'] })
    expect(plot.notes).toEqual(['1 more variable, none of more importance.'])
    expect(() => importancePlot(importances, { measure: 'effect' })).toThrow('a number effect of v0, got nothing')
    expect(() => importancePlot({ v0: 1 } as never)).toThrow('what importanceOf returns')
    expect(importancePlot([]).panels[0]?.series[0]?.x).toEqual([])
  })
})

describe('timelinePlot', () => {
  const took = (...trials: readonly (readonly [number, number])[]) =>
    of(trials.map(([number, seconds]) => done(number, { accuracy: 1, costUsd: 1 }, { seconds })))
  const slots = (plot: ChartPlot) => categoriesOf(plot.panels[0]?.y).length

  test('finds how many trials ran at once from the order of tells', () => {
    expect(slots(timelinePlot(took([0, 1], [1, 1], [2, 1])))).toBe(1)
    expect(slots(timelinePlot(took([2, 1], [1, 1], [0, 1])))).toBe(3)
    expect(slots(timelinePlot(took([1, 1], [0, 3], [2, 1])))).toBe(2)
    expect(slots(timelinePlot(took()))).toBe(1)
  })

  test('starts a trial where a slot is free first', () => {
    const plot = timelinePlot(took([1, 1], [2, 1], [0, 3]))
    expect(plot.panels[0]?.series[0]).toMatchObject({ y: [0, 1, 1], x: [0, 0, 1], x2: [3, 1, 2] })
    expect(plot.notes[0]).toContain('Starts are worked out')
  })

  test('takes a number of slots within its limits, and times that are none', () => {
    const strange = took([0, Number.NaN], [1, -3], [2, Number.POSITIVE_INFINITY])
    expect(timelinePlot(strange, { slots: 1_024 }).panels[0]?.series[0]?.x2).toEqual([0, 0, 0])
    expect(() => timelinePlot(strange, { slots: 1_025 })).toThrow('from 1 to 1024')
    expect(() => timelinePlot(strange, { slots: 0 })).toThrow('got 0')
  })
})
