/** Checks that the shipped data set is what its README says: fields, labels, balance, splits, no near-duplicates. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Row {
  readonly text: string
  readonly team: string
  readonly urgency: string
  readonly evidence: string
}

interface Pair {
  readonly similarity: number
  readonly texts: readonly [string, string]
}

const teams = ['billing', 'shipping', 'technical', 'account', 'security', 'sales', 'other']
const urgencies = ['low', 'normal', 'high']
const splits = ['train', 'validation', 'test'].map((name) => ({ name, rows: readRows(name) }))
const all = splits.flatMap((split) => split.rows)
const readme = read('README.md')

/** Shares of all rows in percent, as the README states them. */
const bounds: Record<string, readonly [number, number]> = {
  ...Object.fromEntries(teams.map((team) => [team, [12, 18] as const])),
  low: [25, 35],
  normal: [40, 50],
  high: [20, 30],
}

describe('the triage data set', () => {
  it('holds at least 900 rows, 380 of them in the test split', () => {
    expect(all.length).toBeGreaterThanOrEqual(900)
    expect(splits[2]?.rows.length).toBeGreaterThanOrEqual(380)
  })

  it('gives every row exactly the four fields, known labels and evidence copied from the text', () => {
    const broken = all.filter(
      (row) =>
        Object.keys(row).join() !== 'text,team,urgency,evidence' ||
        !teams.includes(row.team) ||
        !urgencies.includes(row.urgency) ||
        row.text.trim() === '' ||
        row.evidence.trim() === '' ||
        !row.text.includes(row.evidence),
    )
    expect(broken).toEqual([])
  })

  it('has no two rows with the same normalised text', () => {
    expect(new Set(all.map((row) => normalise(row.text))).size).toBe(all.length)
  })

  it('has no two rows that share more than half of their runs of five characters', () => {
    const texts = all.map((row) => row.text)
    expect(similarPairs(texts, characterRuns, 0.5)).toEqual([])
  })

  it('has no two rows that share more than half of their runs of three words', () => {
    const texts = all.map((row) => row.text).filter((text) => wordRuns(text).size >= 3)
    expect(similarPairs(texts, wordRuns, 0.5)).toEqual([])
  })

  it('finds a near-duplicate when there is one', () => {
    const texts = ['where is my parcel, ordered monday', 'lamp is dead', 'Where is my parcel? Ordered on Monday']
    expect(similarPairs(texts, characterRuns, 0.5).map((pair) => pair.texts)).toEqual([[texts[2], texts[0]]])
  })

  it('keeps every label within the stated bounds, in each split within two points of the whole', () => {
    for (const label of [...teams, ...urgencies]) {
      const [low, high] = bounds[label] ?? [0, 0]
      const share = sharePercent(all, label)
      expect(share, label).toBeGreaterThanOrEqual(low)
      expect(share, label).toBeLessThanOrEqual(high)
      for (const split of splits) {
        expect(Math.abs(sharePercent(split.rows, label) - share), `${label} in ${split.name}`).toBeLessThanOrEqual(2)
      }
    }
  })

  it('has the counts that its README states', () => {
    for (const label of [...teams, ...urgencies]) {
      const counts = [...splits.map((split) => count(split.rows, label)), count(all, label)]
      expect(readme).toContain(`| ${label} | ${counts.join(' | ')} | ${sharePercent(all, label).toFixed(1)} % |`)
    }
    const sizes = [...splits.map((split) => split.rows.length), all.length]
    expect(readme).toContain(`| rows | ${sizes.join(' | ')} | 100.0 % |`)
    for (const team of teams) {
      const inTeam = all.filter((row) => row.team === team)
      expect(readme).toContain(`| ${team} | ${urgencies.map((urgency) => count(inTeam, urgency)).join(' | ')} |`)
    }
  })
})

function read(file: string): string {
  return readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8')
}

function readRows(split: string): Row[] {
  return read(`${split}.jsonl`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

function count(rows: readonly Row[], label: string): number {
  return rows.filter((row) => row.team === label || row.urgency === label).length
}

function sharePercent(rows: readonly Row[], label: string): number {
  return (100 * count(rows, label)) / rows.length
}

function normalise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
}

function characterRuns(text: string): Set<string> {
  const plain = normalise(text)
  const runs = new Set<string>()
  for (let i = 0; i + 5 <= plain.length; i++) runs.add(plain.slice(i, i + 5))
  return runs.size > 0 ? runs : new Set([plain])
}

function wordRuns(text: string): Set<string> {
  const words = normalise(text).split(' ')
  return new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(' ')))
}

/** All pairs with a Jaccard similarity above `limit`. An inverted index from run to texts counts what each pair shares. */
function similarPairs(texts: readonly string[], runsOf: (text: string) => Set<string>, limit: number): Pair[] {
  const index = new Map<string, number[]>()
  const sizes: number[] = []
  const pairs: Pair[] = []
  for (const [i, text] of texts.entries()) {
    const runs = runsOf(text)
    const shared = new Uint16Array(i)
    for (const run of runs) {
      const holders = index.get(run) ?? []
      for (const j of holders) shared[j] = (shared[j] ?? 0) + 1
      holders.push(i)
      index.set(run, holders)
    }
    for (const [j, both] of shared.entries()) {
      const similarity = both / (runs.size + (sizes[j] ?? 0) - both)
      if (similarity > limit) pairs.push({ similarity, texts: [text, texts[j] ?? ''] })
    }
    sizes.push(runs.size)
  }
  return pairs
}
