/** The laws of anomaly detection, on seeded series: also how the tests show that they notice a wrong step. */

import assert from 'node:assert/strict'
import { type Random, seededRandom } from '@mabeam/foundation'
import {
  type AnomalyFinding,
  type AnomalySettings,
  type AnomalyStep,
  anomalyDefaults,
  newSeries,
} from './anomaly-step.ts'

const settings: AnomalySettings = { ...anomalyDefaults, windowSize: 30, samplesMin: 12 }

interface Judged {
  readonly at: number
  readonly finding: AnomalyFinding
}

/** As the contracts of foundation hand theirs out. */
interface ContractCase {
  readonly name: string
  run(): Promise<void>
}

export function anomalyLaws(step: AnomalyStep, seeds: number): readonly ContractCase[] {
  const law = (name: string, check: (random: Random) => void): ContractCase => ({
    name,
    async run() {
      for (let seed = 0; seed < seeds; seed++) check(seededRandom(seed))
    },
  })
  const judge = (values: readonly number[], how = settings) => judged(step, values, how)
  return [
    ...lawsOfAlarms(law, judge),
    ...lawsOfTurns(law, judge),
    ...lawsOfMemory(law, judge, step),
    ...lawsOfTrends(law, judge),
  ]
}

type Law = (name: string, check: (random: Random) => void) => ContractCase
type Judge = (values: readonly number[], how?: AnomalySettings) => readonly Judged[]

function lawsOfAlarms(law: Law, judge: Judge): readonly ContractCase[] {
  return [
    law('a spike on a quiet series begins an alarm at once, which ends with it', (random) => {
      const quiet = noise(random, 60)
      const up = random.next() < 0.5
      const at = 30 + random.int(20)
      const alarms = alarmsOf(judge(quiet.with(at, up ? 200 : -200)))
      assert.deepEqual(
        alarms.map((one) => [one.at, one.finding.type]),
        [
          [at, 'anomaly-began'],
          [at + 1, 'anomaly-ended'],
        ],
      )
      const score = alarms[0]?.finding.type === 'anomaly-began' ? alarms[0].finding.score : 0
      assert.equal(Math.sign(score), up ? 1 : -1)
    }),
    law('a constant series never raises an alarm, nor one that moves less than the least deviation', (random) => {
      const constant = 1_000 * random.normal()
      assert.deepEqual(judge(new Array<number>(80).fill(constant)), [])
      const still = Array.from({ length: 80 }, () => constant + 3 * random.next())
      assert.deepEqual(alarmsOf(judge(still)), [])
    }),
    law('a value after a constant series is unusual from score times the least deviation on', () => {
      const constant = new Array<number>(20).fill(10)
      const deviation = Math.max(settings.deviationMin, settings.deviationShareMin * 10)
      assert.equal(alarmsOf(judge([...constant, 10 + settings.score * deviation])).length, 1)
      assert.equal(alarmsOf(judge([...constant, 10 + 0.99 * settings.score * deviation])).length, 0)
      const large = new Array<number>(20).fill(1_000)
      assert.equal(alarmsOf(judge([...large, 1_000 + settings.score * 50])).length, 1)
      assert.equal(alarmsOf(judge([...large, 1_000 + 0.99 * settings.score * 50])).length, 0)
    }),
  ]
}

function lawsOfTurns(law: Law, judge: Judge): readonly ContractCase[] {
  return [
    law('alarms begin and end in turn', (random) => {
      const wild = noise(random, 200).map((value) => (random.next() < 0.2 ? value + 100 * random.normal() : value))
      const types = alarmsOf(judge(wild)).map((one) => one.finding.type)
      types.forEach((type, i) => void assert.equal(type, i % 2 === 0 ? 'anomaly-began' : 'anomaly-ended'))
    }),
    law('an alarm that has begun goes on until the score is below its end', (random) => {
      const quiet = new Array<number>(30).fill(0)
      const between = (settings.scoreEnd + settings.score) / 2
      const found = alarmsOf(judge([...quiet, 4 + random.int(5), between, between, 0]))
      assert.deepEqual(
        found.map((one) => one.at),
        [30, 33],
      )
    }),
    law('rowMin unusual values in a row begin an alarm, one less does not', () => {
      const quiet = new Array<number>(30).fill(0)
      const how = { ...settings, rowMin: 3 }
      assert.equal(alarmsOf(judge([...quiet, 50, 50, 0, 50, 50, 0], how)).length, 0)
      assert.equal(alarmsOf(judge([...quiet, 50, 50, 50], how))[0]?.at, 32)
    }),
    law('another unit or another zero changes no decision', (random) => {
      const wild = noise(random, 120).map((value) => (random.next() < 0.1 ? value * 20 : value))
      const [scale, shift] = [2 ** (random.int(9) - 4), 64 * random.int(9)]
      const plain = { ...settings, deviationShareMin: 0 }
      const scaled = { ...plain, deviationMin: plain.deviationMin * scale }
      const decisions = (all: readonly Judged[]) => all.map((one) => [one.at, one.finding.type])
      const expected = decisions(
        judge(
          wild.map((value) => Math.round(value)),
          plain,
        ),
      )
      const got = decisions(
        judge(
          wild.map((value) => Math.round(value) * scale + shift),
          scaled,
        ),
      )
      assert.deepEqual(got, expected)
    }),
  ]
}

function lawsOfMemory(law: Law, judge: Judge, step: AnomalyStep): readonly ContractCase[] {
  return [
    law('nothing is found before samplesMin values, and the next may be', () => {
      const before = new Array<number>(settings.samplesMin - 1).fill(0)
      assert.deepEqual(judge([...before, 1e9]), [])
      assert.equal(alarmsOf(judge([...before, 0, 1e9])).length, 1)
    }),
    law('at most windowSize values are kept, the last ones', (random) => {
      const values = noise(random, 90)
      let state = newSeries
      values.forEach((value, i) => {
        state = step(state, value, settings)[0]
        assert.deepEqual(state.values, values.slice(Math.max(0, i + 1 - settings.windowSize), i + 1))
      })
    }),
    law('what is no finite number changes nothing', (random) => {
      const values = noise(random, 60).with(40, 300)
      const holes = values.flatMap((value) => [Number.NaN, value, Number.POSITIVE_INFINITY])
      assert.deepEqual(
        judge(holes).map((one) => one.finding),
        judge(values).map((one) => one.finding),
      )
    }),
    law('a new level becomes the usual one', (random) => {
      const moved = [...noise(random, 40), ...noise(random, 60).map((value) => value + 500)]
      const found = alarmsOf(judge(moved)).filter((one) => one.at <= 40 + settings.windowSize)
      assert.equal(found[0]?.at, 40)
      assert.equal(found.at(-1)?.finding.type, 'anomaly-ended')
    }),
  ]
}

function lawsOfTrends(law: Law, judge: Judge): readonly ContractCase[] {
  return [
    law('a line that rises or falls is told once, with its slope', (random) => {
      const slope = (random.next() < 0.5 ? -1 : 1) * (2 + random.int(5))
      const found = trendsOf(judge(Array.from({ length: 80 }, (_, i) => slope * i + random.next())))
      assert.equal(found.length, 1)
      const told = found[0]?.finding
      assert.ok(told?.type === 'trend-changed')
      assert.equal(told.trend, slope > 0 ? 'rising' : 'falling')
      assert.ok(Math.abs(told.slope - slope) < 0.2, `${told.slope} is about ${slope}`)
    }),
    law('the end of a trend is told', () => {
      const rising = Array.from({ length: 40 }, (_, i) => 5 * i)
      const flat = Array.from({ length: 90 }, (_, i) => 195 + (i % 2))
      assert.deepEqual(
        trendsOf(judge([...rising, ...flat])).map(({ finding }) => finding.type === 'trend-changed' && finding.trend),
        ['rising', 'steady'],
      )
    }),
    law('noise has seldom a trend', (random) => {
      const told = trendsOf(judge(noise(random, 200)))
      assert.ok(told.length <= 6, `${told.length} trends in noise`)
    }),
  ]
}

function judged(step: AnomalyStep, values: readonly number[], how: AnomalySettings): readonly Judged[] {
  const all: Judged[] = []
  let state = newSeries
  values.forEach((value, at) => {
    const [next, findings] = step(state, value, how)
    state = next
    for (const finding of findings) all.push({ at, finding })
  })
  return all
}

function alarmsOf(all: readonly Judged[]): readonly Judged[] {
  return all.filter(({ finding }) => finding.type !== 'trend-changed')
}

function trendsOf(all: readonly Judged[]): readonly Judged[] {
  return all.filter(({ finding }) => finding.type === 'trend-changed')
}

/** Around 0, within ±2: never unusual by itself, whose deviation is at least 1 and whose scores stay below 3.5. */
function noise(random: Random, length: number): readonly number[] {
  return Array.from({ length }, () => 4 * random.next() - 2)
}
