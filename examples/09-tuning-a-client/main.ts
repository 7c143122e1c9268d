/**
 * How should a client call a busy service? How many requests in a call, how patient, how often again, with a twin or not: a study tries policies on a
 * simulated service, cheap and fast at once, within hard limits on both what is answered and how long it takes.
 */

import { parseArgs } from 'node:util'
import { seededRandom } from '@mabeam/foundation'
import {
  bool,
  type ConfigOf,
  choice,
  createStudy,
  defineSpace,
  float,
  frontPlot,
  importancePlot,
  int,
  kneeOf,
  mean,
  pairedDifference,
  plotText,
  studyText,
  tradeOffs,
} from '@mabeam/ml'
import { type Policy, simulate } from './service.ts'

const { values: given } = parseArgs({
  options: { seed: { type: 'string', default: '7' }, budget: { type: 'string', default: '40' } },
})
const width = Math.min(process.stdout.columns ?? 100, 100)

const again = { attempts: [2, 3, 4, 5] }
const space = defineSpace({
  batch: int(1, 32, { log: true, default: 1, unit: 'requests' }),
  timeoutMs: float(30, 2_000, { log: true, default: 1_000, unit: 'ms' }),
  attempts: int(1, 5, { default: 3 }),
  backoffMs: float(1, 500, { log: true, default: 100, unit: 'ms', when: again }),
  jitter: bool({ when: again }),
  hedge: choice(['never', 'half', 'quarter']),
}).constrain(
  'callers wait 5 s at most',
  ({ attempts, timeoutMs, backoffMs = 0 }) => attempts * timeoutMs + (2 ** (attempts - 1) - 1) * backoffMs <= 5_000,
  ({ attempts, timeoutMs }) => `${attempts} attempts of ${timeoutMs} ms and the waits between them are longer`,
)

const study = createStudy({
  id: 'client',
  space,
  objectives: { costUsd: 'min', p95Ms: 'min' },
  limits: [
    { name: 'p95Ms', atMost: 300 },
    { name: 'success', atLeast: 0.998 },
  ],
  seed: Number(given.seed),
  enqueue: [space.defaults], // the policy as it is goes first
})
// A run of 400 requests is noisy, and the limits are sharp: each trial is the mean of four runs, each with a seed of its own.
await study.run(({ config, seed }) => ({ ...simulate(config, seededRandom(seed)) }), {
  budget: Number(given.budget),
  repeats: 4,
})

print('What was found', studyText(study, { width, rowsMax: 8 }))
print('In words', study.explain().text)
const expected = study.front().map(({ number, expected }) => ({ number, expected }))
print('The trade-off', plotText(frontPlot(study, { expected, log: ['costUsd', 'p95Ms'] }), { width }))
const importance = study.importance({ objective: 'p95Ms' })
print('What makes it slow', plotText(importancePlot(importance, { objective: 'p95Ms' }), { width }))

const best = study.best()
if (best) {
  const knee = kneeOf(study.front(), study.objectives)
  const moves = tradeOffs(knee.type === 'knee' ? knee.point : best, study.front(), { objectives: study.objectives })
  print('Moves from the knee of the front', moves.map(({ sentence }) => sentence).join('\n'))
  print('On 40 runs that the study has not seen', confirmed(best.config))
}

/** A study picks what looks best, so what it picked is measured again, beside the policy as it was, on the same runs. */
function confirmed(chosen: ConfigOf<typeof space.variables>): string {
  const seeds = Array.from({ length: 40 }, (_, i) => `unseen ${i}`)
  const runs = (policy: Policy) => seeds.map((seed) => simulate(policy, seededRandom(seed)))
  const [before, after] = [runs(space.defaults), runs(chosen)]
  const lines = (['costUsd', 'p95Ms', 'success'] as const).map((name) => {
    const [a, b] = [after.map((run) => run[name]), before.map((run) => run[name])]
    const { difference, ci95 } = pairedDifference(a, b)
    const shown = (value: number) => Number(value.toPrecision(3))
    return `${name.padEnd(8)} ${shown(mean(a))}, as it was ${shown(mean(b))}, a difference of ${shown(difference)} (95 %: ${ci95.map(shown).join(' to ')})`
  })
  return lines.join('\n')
}

function print(title: string, text: string): void {
  console.log(`── ${title} ${'─'.repeat(Math.max(0, width - title.length - 4))}\n\n${text}\n`)
}
