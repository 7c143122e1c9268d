/** Models behind a real server that refuses, fails, talks nonsense or takes too long. */

import { serveLocal } from '@mabeam/dspx'
import { describe, expect, it } from 'vitest'
import { failureLines, fixtureStudy, writeFixture } from './fixture-study.ts'
import { frontServer, passingOn, saying } from './front-server.ts'
import { type Workplace, workplace } from './mabeam-process.ts'
import { endedTrials, lastLine, recordsOf } from './small-study.ts'

/** Scores are fine enough that no two different prompts tie, since ties are broken by measured latency. */
const source = `
export default defineProgram({
  name: 'served',
  predictors: { triage: Triage },
  metric: compositeMetric([{ metric: exactMatch('team'), weight: 1 }, { metric: tokenF1('evidence'), weight: 2 }]),
  variables: {
    model: choice(['compatible/local/small', 'compatible/local/nano']),
    demos: int({ min: 0, max: 8, default: 8 }),
  },
})`
const rows = 12
const budget = 6
const study = fixtureStudy(['--budget', String(budget)])

async function servedPlace(): Promise<Workplace> {
  const place = await workplace()
  await writeFixture(place, { source, rows })
  return place
}

const at = (url: string) => ({ MABEAM_COMPATIBLE_URL: url })

interface Told {
  readonly type: string
  readonly number: number
  readonly config?: unknown
  readonly values?: { readonly accuracy: number }
  readonly attributes?: { readonly errors: number; readonly usage: { readonly retries: number } }
}

const journalOf = async (place: Workplace) => (await recordsOf(place, 'journal.jsonl')) as Told[]

/** What was asked and what came out, without the times. */
async function course(place: Workplace) {
  return (await journalOf(place)).map(({ type, number, config, values }) => ({
    type,
    number,
    config,
    accuracy: values?.accuracy,
  }))
}

const retriesOf = (told: readonly Told[]) =>
  told.reduce((sum, { attributes }) => sum + (attributes?.usage.retries ?? 0), 0)

describe.concurrent('a model that', () => {
  it('refuses 30 % and fails 10 % of requests changes nothing but the retries', async () => {
    await using calm = await serveLocal()
    await using rough = await serveLocal({ failures: { rate429: 0.3, rate500: 0.1, retryAfterSec: 0.05, seed: 2042 } })
    await using undisturbed = await servedPlace()
    await using disturbed = await servedPlace()
    const [one, other] = await Promise.all([
      undisturbed.run(study, at(`${calm.url}/v1`)),
      disturbed.run([...study, '--retries', '15'], at(`${rough.url}/v1`)),
    ])
    console.log(one.stderr, other.stderr)
    expect([one.status, other.status]).toEqual([0, 0])
    expect(rough.requests.failed429).toBeGreaterThan(20)
    expect(rough.requests.failed500).toBeGreaterThan(5)
    const result = lastLine(other.stdout)
    expect(result).toMatchObject({ trials: budget, failedTrials: 0, best: { errors: 0 } })
    expect(result.config).toEqual(lastLine(one.stdout).config)
    expect(await course(disturbed)).toEqual(await course(undisturbed))
    expect(retriesOf(await journalOf(undisturbed))).toBe(0)
    expect(retriesOf(await journalOf(disturbed))).toBeGreaterThan(10)
  })
})
