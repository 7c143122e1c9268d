import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { settledRequest } from '../job/job-options.ts'
import type { FrontPoint, Measured, StudyResult } from '../result.ts'
import { type ReportStyle, reportStyle } from './style.ts'
import { changesTable, comparisonTable, formatReport, frontTable, tryCommand } from './tables.ts'

const plain = (width = 120): ReportStyle => ({ bold: (text) => text, width })

const measured = (accuracy: number, more: Partial<Measured> = {}): Measured => ({
  accuracy,
  ci95: [accuracy - 0.02, accuracy + 0.02],
  costUsd: 0.00012,
  latencyMsP50: 210.4,
  demos: 16,
  fields: { team: accuracy, urgency: 0.9 },
  errors: 0,
  ...more,
})

const point = (candidate: number, accuracy: number, more: Partial<FrontPoint> = {}): FrontPoint => ({
  candidate,
  how: 'joint-search: model local/small, temperature 0.251234, demos 8',
  accuracy,
  costUsd: 0.0001,
  latencyMsP50: 200,
  config: { model: 'local/small', temperature: 0.25, demos: 8 },
  ...more,
})

function result(more: Partial<StudyResult> = {}): StudyResult {
  return {
    version: 2,
    study: 'small',
    program: 'program.ts',
    seed: 7,
    request: settledRequest({ program: 'program.ts', data: { train: 'rows.jsonl' } }),
    trials: 3,
    failedTrials: 0,
    seconds: 12.3,
    rows: { train: 300, validation: 200, test: 400 },
    baseline: measured(0.4, { demos: 0 }),
    labeled: measured(0.6),
    labeledTunedSettings: measured(0.62),
    knn: { accuracy: 0.55, ci95: [0.5, 0.6], k: 5 },
    best: measured(0.7),
    paired: {
      vsBaseline: { difference: 0.3, ci95: [0.27, 0.33] },
      vsLabeled: { difference: 0.1, ci95: [0.08, 0.12] },
      vsLabeledTunedSettings: { difference: 0.08, ci95: [0.05, 0.11] },
      vsKnn: { difference: -0.05, ci95: [-0.1, 0.01] },
    },
    race: { candidate: 2, accuracy: 0.71, rows: 200, finalists: 3 },
    verdict: { type: 'unjudged', reason: 'nothing-else-tried' },
    ended: 'finished',
    budget: {
      limits: { calls: null, tokens: null, usd: null, ms: null },
      spent: { calls: 9, tokens: 90, usd: 0, ms: 5 },
    },
    explanation: 'joint-search tried 3 candidates.\nIt is better.\nWhat was tried:\n0. the program as given',
    front: [point(2, 0.7), point(0, 0.5, { costUsd: null })],
    chosen: point(2, 0.7),
    config: { model: 'local/small', temperature: 0.25, demos: 8 },
    changes: [{ what: 'model', from: 'local/nano', to: 'local/small' }],
    bestSoFar: [0.5, 0.5, 0.7],
    artefact: '.mabeam/artefacts/small.json',
    predictions: '.mabeam/studies/small/predictions.jsonl',
    report: '.mabeam/studies/small/tuning.json',
    ...more,
  }
}

const linesOf = (text: string) => text.split('\n')
const lineOfTuned = (table: string) => linesOf(table).find((line) => /^ *tuned /.test(line)) ?? ''
const lineWith = (text: string, words: string) => linesOf(text).find((line) => line.includes(words)) ?? ''

describe('comparisonTable', () => {
  test('shows each program with demonstrations, score, interval, difference, cost and latency', () => {
    const table = comparisonTable(result(), plain())
    expect(linesOf(table)).toHaveLength(6)
    for (const figure of ['0', '40.0 %', '38.0 – 42.0', '90.0 %', '+30.0 (+27.0 to +33.0)', '$0.1200', '210 ms']) {
      expect(lineWith(table, 'zero-shot')).toContain(figure)
    }
    expect(lineWith(table, 'labeled few-shot')).toContain('+10.0 (+8.0 to +12.0)')
    expect(lineWith(table, 'in tuned settings')).toContain('+8.0 (+5.0 to +11.0)')
  })

  test('compares the tuned program with all others and not with itself', () => {
    const tuned = lineOfTuned(comparisonTable(result(), plain()))
    expect(tuned).toContain('70.0 %')
    expect(tuned).not.toContain('(')
  })

  test('shows nearest neighbours where there are any, without a cost', () => {
    const line = lineWith(comparisonTable(result(), plain()), '5 nearest neighbours')
    expect(line).toContain('-5.0 (-10.0 to +1.0)')
    expect(line).not.toMatch(/\$|ms/)
    expect(comparisonTable(result({ knn: null }), plain())).not.toContain('nearest')
  })

  test('gives the scored fields columns only where the page is wide', () => {
    expect(comparisonTable(result(), plain(120))).toContain('urgency')
    expect(comparisonTable(result(), plain(100))).not.toContain('urgency')
  })

  test('says unknown for a cost or a latency that nobody knows', () => {
    const best = measured(0, { costUsd: null, latencyMsP50: null })
    expect(lineOfTuned(comparisonTable(result({ best }), plain()))).toMatch(/unknown +unknown$/)
  })
})

describe('frontTable', () => {
  test('marks the winner and shows how it was made, with short numbers', () => {
    const table = frontTable(result(), plain())
    expect(lineWith(table, '*2')).toContain('local/small, temperature 0.25, demos 8')
    const made = point(2, 0.7, { how: 'gepa: instructions of `route` rewritten, since 3 rows failed' })
    expect(frontTable({ front: [made], chosen: made }, plain())).toContain('instructions of `route` rewritten, since 3')
    expect(table).not.toContain('joint-search')
    expect(table).toContain('* the tuned program')
  })

  test('adds the winner where the search did not see it on the front', () => {
    const table = frontTable(result({ chosen: point(9, 0.65) }), plain())
    expect(lineWith(table, '*9')).toContain('65.0 %')
  })

  test('shows the ten most accurate points and counts the rest', () => {
    const front = Array.from({ length: 14 }, (_, i) => point(i, 0.9 - i / 100))
    const table = frontTable({ front, chosen: front[2] as FrontPoint }, plain())
    expect(linesOf(table).filter((line) => line.includes('temperature'))).toHaveLength(10)
    expect(table).toContain('and 4 more, in the JSON')
  })
})

describe('changesTable', () => {
  test('says so when nothing changed', () => {
    expect(changesTable([], plain())).toContain('nothing: the program as written')
  })

  test('puts long texts on one line and cuts them', () => {
    const to = `Route it.\n\nWords of billing: ${'invoice, '.repeat(40)}`
    const table = changesTable([{ what: 'triage: instructions', from: 'as written', to }], plain(100))
    const line = lineWith(table, 'triage: instructions')
    expect(line).toContain('Route it. ⏎ Words of billing')
    expect(line.endsWith('…')).toBe(true)
    expect(line.length).toBeLessThanOrEqual(100)
  })
})

describe('formatReport', () => {
  test('holds the parts in the order of reading, and the command to try', () => {
    const report = formatReport(result(), tryCommand('tuned.json'), plain())
    const parts = [
      'Held-out test, 400 rows',
      'zero-shot',
      'How it was found',
      'Best accuracy so far',
      'Pareto front',
      'What changed',
      'Saved',
    ]
    const places = parts.map((part) => report.indexOf(part))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(linesOf(report).at(-1)).toBe('Try    npx mabeam run tuned.json "a text of your own"')
  })

  test.each([100, 120, 200])('is never wider than a page of %i columns', (width) => {
    const bestSoFar = Array.from({ length: 500 }, (_, i) => i / 1000)
    const long = { what: 'triage: instructions', from: 'Route. '.repeat(60), to: 'Route it well. '.repeat(60) }
    const explanation = `It was ${'found and '.repeat(60)}kept. ${'x'.repeat(500)}`
    const parts = { bestSoFar, changes: [long], explanation }
    const report = formatReport(result(parts), tryCommand('a.json'), plain(width))
    for (const line of linesOf(report)) expect(line.length, line).toBeLessThanOrEqual(width)
  })

  test('tells how it was found, and of every candidate where all is wanted', () => {
    const short = formatReport(result(), 'x', plain())
    expect(short).toContain('It is better.')
    expect(short).not.toContain('What was tried')
    expect(formatReport(result(), 'x', { ...plain(), isWhole: true })).toContain('0. the program as given')
  })

  test('counts whom the winner was tried beside, and none where nothing else was tried on all rows', () => {
    const won = (race: Partial<StudyResult['race']>) => {
      const more = { race: { ...result().race, ...race } }
      return lineWith(formatReport(result(more), 'x', plain()), ' won with ')
    }
    expect([won({}), won({ candidate: 0 }), won({ candidate: 0, finalists: 0 })]).toEqual([
      ' Candidate 2 won with 71.0 % on 200 validation rows, of 3 that were tried on all of them.',
      ' The program as written won with 71.0 % on 200 validation rows, before 3 that were tried on all of them.',
      ' The program as written won with 71.0 % on 200 validation rows: no candidate was tried on all of them.',
    ])
  })

  test('draws no curve of a single candidate', () => {
    expect(formatReport(result({ bestSoFar: [0.5] }), 'x', plain())).toContain('one candidate only')
  })

  test('is set in bold on a terminal that wants it and nowhere else', () => {
    const output = (isTTY: boolean) => ({ isTTY, columns: 140, write: () => true })
    const bold = formatReport(result(), 'x', reportStyle(output(true), {}))
    expect(bold).toContain('\u001b[1m')
    const style = reportStyle(output(true), { NO_COLOR: '1' })
    expect(style.width).toBe(140)
    expect(formatReport(result(), 'x', style)).not.toContain('\u001b')
    expect(formatReport(result(), 'x', reportStyle(output(false), {}))).not.toContain('\u001b')
    expect(stripVTControlCharacters(bold)).toBe(formatReport(result(), 'x', style))
  })
})
