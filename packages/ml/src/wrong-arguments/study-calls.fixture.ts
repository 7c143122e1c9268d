/** Right calls of studies, of what is found in them and how it is drawn. */

import type { TestedCall } from '@mabeam/foundation/testing'
import * as ml from '../index.ts'
import { memoryJournal } from '../testing/index.ts'
import { objectives, options, plane, study } from './right-values.fixture.ts'

/** Of a study, with options. */
const found = (call: TestedCall['call']): TestedCall => ({ call, args: () => [study(), {}], takes: options(1) })
const executor = () => ml.inlineExecutor(({ config: { x } }) => ({ values: { a: x as number, b: 1 } }))

/** A method of a study, with its owner in errors. */
const method = (
  call: (of: ml.Study, ...args: never) => unknown,
  args: TestedCall['args'],
  owner: string,
): TestedCall => ({
  call: (...given: never) => Reflect.apply(call, undefined, [open(), ...given]),
  args,
  owners: [owner],
})
/** A study with one trial asked. */
function open() {
  const made = study()
  made.ask()
  return made
}
const told = { values: { a: 1, b: 2 } }

/** A journal that a study was written to. */
function written() {
  const journal = memoryJournal()
  ml.createStudy({ space: plane(), objectives, journal })
  return journal
}

export const studyCalls: { readonly [name: string]: TestedCall } = {
  createStudy: { call: ml.createStudy, args: () => [{ space: plane(), objectives }] },
  inlineExecutor: {
    call: ml.inlineExecutor,
    args: () => [() => ({ values: { a: 1 } }), {}],
    takes: ['0: function', ...options(1)],
  },
  openStudy: { call: ml.openStudy, args: () => [{ space: plane(), objectives }] },
  readStudy: { call: ml.readStudy, args: () => [{ journal: written().reopened() }] },
  runStudy: { call: ml.runStudy, args: () => [study(), executor(), { budget: 8 }] },

  'study.ask': {
    ...method(
      (of, budget: number) => of.ask(budget),
      () => [20],
      'ask',
    ),
    takes: ['0: nothing', '0: number'],
  },
  'study.askMany': {
    ...method(
      (of, count: number) => of.askMany(count),
      () => [2],
      'askMany',
    ),
    takes: ['0: number'],
  },
  'study.importance': {
    ...method(
      (of, some: object) => of.importance(some),
      () => [{}],
      'importanceOf',
    ),
    takes: options(0),
  },
  'study.minibatches': {
    ...method(
      (of, examples: number[], size: number) => of.minibatches(examples, size),
      () => [[1, 2, 3], 2],
      'minibatches',
    ),
    takes: ['0: empty array', '1: number'],
  },
  'study.report': {
    ...method(
      (of, step: number, value: number) => of.report(6, step, value),
      () => [1, 0.5],
      'trial 6',
    ),
    takes: ['0: number', '1: number'],
  },
  'study.prune': {
    ...method(
      (of, because: string) => of.prune(6, because),
      () => ['far behind'],
      'prune',
    ),
    takes: ['0: empty text'],
  },
  'study.run': {
    ...method(
      (of, ...args: [never, never]) => of.run(...args),
      () => [() => told, { budget: 8 }],
      'run',
    ),
    takes: ['0: function'],
  },
  'study.tell': method(
    (of, one: never) => of.tell(6, one),
    () => [told],
    'trial 6',
  ),
  'study.tellMany': {
    ...method(
      (of, some: never) => of.tellMany(some),
      () => [[{ number: 6, ...told }]],
      'tellMany',
    ),
    takes: ['0: empty array'],
  },
  'study.trials': method(
    (of, some: never) => of.trials(some),
    () => [{ budget: 8 }],
    'trials',
  ),

  bestValueOf: found(ml.bestValueOf),
  correlationOf: found(ml.correlationOf),
  importanceOf: found(ml.importanceOf),
  interactionsOf: found(ml.interactionsOf),
  partialDependenceOf: { call: ml.partialDependenceOf, args: () => [study(), ['x'], {}], takes: options(2) },
  recommend: found(ml.recommend),

  contourPlot: found(ml.contourPlot),
  edfPlot: found(ml.edfPlot),
  frontPlot: found(ml.frontPlot),
  historyPlot: found(ml.historyPlot),
  hypervolumePlot: found(ml.hypervolumePlot),
  importancePlot: {
    call: ml.importancePlot,
    args: () => [ml.importanceOf(study()), {}],
    takes: ['0: empty array', ...options(1)],
  },
  parallelPlot: found(ml.parallelPlot),
  plotText: {
    call: ml.plotText,
    args: () => [ml.historyPlot(study()), {}],
    owners: ['plotText', 'plot'],
    takes: options(1),
  },
  plotVegaLite: {
    call: ml.plotVegaLite,
    args: () => [ml.historyPlot(study()), {}],
    owners: ['plotVegaLite', 'plot'],
    takes: options(1),
  },
  slicePlot: found(ml.slicePlot),
  studyText: found(ml.studyText),
  timelinePlot: found(ml.timelinePlot),
}
