/** What the pictures of the guides show. Each is made when it is asked for, from a study with a seed. */

import { seededRandom } from '@mabeam/foundation'
import {
  choice,
  contourPlot,
  edfPlot,
  float,
  frontPlot,
  gpSampler,
  historyPlot,
  hypervolumePlot,
  importanceOf,
  importancePlot,
  int,
  openStudy,
  type Plot,
  parallelPlot,
  randomSampler,
  recommend,
  type Sampler,
  slicePlot,
  space,
  timelinePlot,
} from '@mabeam/ml'

const searched = once(() => triage(gpSampler()))

/** Names of files without their ending. */
export const pictures: { readonly [name: string]: () => Promise<Plot> } = {
  'study-history': async () => historyPlot(await searched()),
  'study-hypervolume': async () => hypervolumePlot(await searched()),
  'study-front': async () => {
    const study = await searched()
    const front = recommend(study)?.front ?? []
    return frontPlot(study, { expected: front.map(({ trial: { number }, expected }) => ({ number, expected })) })
  },
  'study-parallel': async () => parallelPlot(await searched()),
  'study-importance': async () => importancePlot(importanceOf(await searched()), { objective: 'accuracy' }),
  'study-slice': async () => slicePlot(await searched()),
  'study-contour': async () => contourPlot(await searched(), { x: 'temperature', y: 'demos' }),
  'study-edf': async () => {
    return edfPlot(await searched(), { name: 'Gaussian process', compare: { random: await triage(randomSampler()) } })
  },
  'study-timeline': async () => timelinePlot(await searched(), { slots: 4 }),
}

/** A tuning problem as programs pose it: mixed variables, noise, a price, some trials that fail. */
async function triage(sampler: Sampler) {
  const tuning = space({
    model: choice(['small', 'large']),
    format: choice(['chat', 'json', 'markdown']),
    demos: int({ min: 0, max: 16, default: 4 }),
    temperature: float({ min: 0, max: 1.5, default: 0 }),
  })
  const { objectives, seed } = {
    objectives: [
      { name: 'accuracy', direction: 'maximise' },
      { name: 'costUsd', direction: 'minimise' },
    ],
    seed: 7,
  } as const
  const study = await openStudy({ id: 'triage', space: tuning, objectives, seed, sampler, enqueue: [tuning.defaults] })
  for (let i = 0; i < 80; i++) {
    const { number, config, seed } = study.ask()
    const noise = seededRandom(seed)
    if (noise.next() < 0.05) {
      await study.fail(number, new Error('no answer'))
      continue
    }
    const { model, format, demos, temperature } = config
    const gain = 0.3 * (1 - Math.exp(-demos / 5)) + { chat: 0, json: 0.06, markdown: 0.02 }[format]
    const accuracy = (model === 'large' ? 0.55 : 0.45) + gain - 0.12 * (temperature - 0.4) ** 2
    const costUsd = (model === 'large' ? 0.004 : 0.0008) * (1 + demos / 4)
    await study.tell(number, { values: { accuracy: accuracy + 0.04 * (noise.next() - 0.5), costUsd } })
  }
  // Times are made up, so that the same source gives the same pictures.
  const finished = study.finished.map((trial) => ({
    ...trial,
    seconds: 2 + trial.config.demos / 3 + (trial.number % 3),
  }))
  return { space: tuning, objectives, finished }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
