/** Times of tells: `tell-latency.ts TRIALS`, in memory, with a journal one after the other, and with a journal many at once. */

import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { openJournal } from '@mabeam/foundation'
import { choice, createStudy, float, int, randomSampler, type StudyJournal, space, studyJournal } from '@mabeam/ml'
import { printFigures } from './rate.ts'

const trials = Number(process.argv[2])
const searched = space({
  model: choice(['small', 'medium', 'large']),
  reasoning: choice(['direct', 'cot', 'react']),
  temperature: float(0, 1.5),
  demos: int(0, 8),
})

/** Mean time of a tell; `atOnce`: none waits for the one before to be durable. */
async function tellMs(journal: StudyJournal | undefined, atOnce: boolean): Promise<number> {
  const study = createStudy({
    space: searched,
    objectives: { loss: 'min' },
    sampler: randomSampler(),
    ...(journal && { journal }),
  })
  const asked = study.askMany(trials)
  const outcomes = asked.map(({ number, seed }) => ({ number, values: { loss: (seed % 1_000) / 1_000 } }))
  const began = performance.now()
  if (atOnce) await Promise.all(outcomes.map(({ number, values }) => study.tell(number, values)))
  else for (const { number, values } of outcomes) await study.tell(number, values)
  return (performance.now() - began) / trials
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'mabeam-bench-'))
try {
  await tellMs(undefined, false)
  const memory = await tellMs(undefined, false)
  await using one = await openJournal({ path: path.join(folder, 'one.jsonl'), ...studyJournal })
  await using many = await openJournal({ path: path.join(folder, 'many.jsonl'), ...studyJournal })
  printFigures({
    tellMs: memory,
    tellMsJournal: await tellMs(one, false),
    tellMsJournalAtOnce: await tellMs(many, true),
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}
