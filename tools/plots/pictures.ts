/** What the pictures of the guides show. Each is made when it is asked for, from a study with a seed. */

import { seededRandom } from '@mabeam/foundation'
import {
  adaptiveSampler,
  choice,
  edfPlot,
  float,
  frontPlot,
  historyPlot,
  importanceOf,
  importancePlot,
  int,
  type Objective,
  openStudy,
  type Plot,
  randomSampler,
  recommend,
  type Sampler,
  space,
} from '@mabeam/ml'

const searched = once(() => triage(adaptiveSampler()))

/** Names of files without their ending. */
export const pictures: { readonly [name: string]: () => Promise<Plot> } = {
  'study-history': async () => historyPlot(await searched()),
  'study-front': async () => {
    const study = await searched()
    const front = recommend(study)?.front ?? []
    return frontPlot(study, { expected: front.map(({ trial: { number }, expected }) => ({ number, expected })) })
  },
  'study-importance': async () => importancePlot(importanceOf(await searched()), { objective: 'accuracy' }),
  'study-edf': async () => {
    const [chosen, random] = [await triage(adaptiveSampler(), [accuracy]), await triage(randomSampler(), [accuracy])]
    return edfPlot(chosen, { name: 'adaptive', compare: { random } })
  },
}

const accuracy: Objective = { name: 'accuracy', direction: 'maximise' }
const costUsd: Objective = { name: 'costUsd', direction: 'minimise' }

/** A tuning problem as programs pose it: mixed variables, noise, a price, some trials that fail. */
async function triage(sampler: Sampler, objectives: readonly Objective[] = [accuracy, costUsd]) {
  const tuning = space({
    model: choice(['small', 'large']),
    format: choice(['chat', 'json', 'markdown']),
    demos: int({ min: 0, max: 16, default: 4 }),
    temperature: float({ min: 0, max: 1.5, default: 0 }),
  })
  const seed = 7
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
  return { space: tuning, objectives, finished: study.finished }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
