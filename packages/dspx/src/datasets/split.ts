/**
 * Splits: rows into train, validation and test, disjoint, reproducible and with the same mix of labels in each. Rows
 * with equal inputs stay together, so that nothing is tested on what it was shown.
 */

import { checkOptions, invalidOption, type Random, rule, seededRandom } from '@mabeam/foundation'
import { splitTooLarge } from './errors.ts'
import type { Example, ExampleRow } from './example.ts'
import { checkExamples } from './example-check.ts'
import { identified } from './example-ids.ts'
import { inputsKey } from './inputs-key.ts'

export interface SplitOptions {
  /**
   * Rows for each part: all shares (at most 1, adding up to at most 1), or all counts. Of a share a part may get fewer, where rows that
   * repeat made the parts before it larger.
   */
  readonly train: number
  readonly validation: number
  readonly test: number
  readonly seed: number | string
  /** The output field whose values each part holds in like shares. @default none */
  readonly stratifyBy?: string
}

export interface DatasetSplit {
  readonly train: readonly Example[]
  readonly validation: readonly Example[]
  readonly test: readonly Example[]
}

/**
 * Deals rows into three parts, each row with an id. A part is larger than asked only by rows whose inputs repeat those of its last row.
 *
 * Ensures: each row at most once; the same seed and rows give the same parts; per label within a few rows of its share.
 * Throws: `dspx/split-too-large`, `foundation/invalid-option`.
 * @example splitDataset(rows, { train: 0.6, validation: 0.2, test: 0.2, seed: 7, stratifyBy: 'team' })
 */
export function splitDataset(rows: readonly ExampleRow[], options: SplitOptions): DatasetSplit {
  checkExamples('splitDataset', 'examples', rows)
  const examples = identified('splitDataset', 'examples', rows)
  const { areShares, ...counts } = partCounts(examples.length, options)
  const groups = stratifiedGroups(examples, { random: seededRandom(options.seed).fork('split'), ...options })
  let taken = 0
  let left = examples.length
  const take = (part: 'train' | 'validation' | 'test'): Example[] => {
    const count = areShares ? Math.min(counts[part], left) : counts[part]
    if (count > left) throw splitTooLarge(part, left, count)
    const dealt: Example[] = []
    while (dealt.length < count) dealt.push(...(groups[taken++] as readonly Example[]))
    left -= dealt.length
    return dealt
  }
  return { train: take('train'), validation: take('validation'), test: take('test') }
}

/**
 * `count` rows, each with an id, drawn without replacement with the mix of labels of the whole; all of them, in that drawn order,
 * when `count` is larger.
 *
 * Throws: `foundation/invalid-option`.
 * @example sampleExamples(validation, 250, { random, stratifyBy: 'team' })
 */
export function sampleExamples(
  rows: readonly ExampleRow[],
  count: number,
  options: { readonly random: Random; readonly stratifyBy?: string },
): readonly Example[] {
  checkExamples('sampleExamples', 'examples', rows)
  checkOptions('sampleExamples', { count }, { count: rule.int(0) })
  checkOptions('sampleExamples', options, {
    random: rule.having('next', 'fork', 'shuffle'),
    stratifyBy: rule.optional(rule.string()),
  })
  return stratifiedGroups(identified('sampleExamples', 'examples', rows), options)
    .flat()
    .slice(0, count)
}

function partCounts(rows: number, options: SplitOptions) {
  checkOptions('splitDataset', options, {
    train: rule.number(0),
    validation: rule.number(0),
    test: rule.number(0),
    seed: {
      expected: 'a number or text',
      test: (seed) => typeof seed === 'string' || Number.isFinite(seed),
      optional: false,
    },
    stratifyBy: rule.optional(rule.string()),
  })
  const { train, validation, test } = options
  const parts = { train, validation, test }
  if (Object.values(parts).every((part) => part <= 1)) {
    if (train + validation + test > 1 + 1e-9) {
      throw invalidOption('splitDataset', 'train, validation, test', 'shares that add up to at most 1', parts)
    }
    const ends = [train, train + validation, train + validation + test].map((share) => Math.round(share * rows))
    const [a = 0, b = 0, c = 0] = ends
    return { areShares: true, train: a, validation: b - a, test: c - b }
  }
  for (const [part, count] of Object.entries(parts)) {
    if (!Number.isInteger(count))
      throw invalidOption('splitDataset', part, 'a whole number of rows, as the others', count)
  }
  return { areShares: false, ...parts }
}

/**
 * Groups of rows with equal inputs, ordered so that every stretch holds the labels in like shares: each label's groups
 * are shuffled and spread evenly over [0, 1) from a random start, and all are sorted by that place.
 */
function stratifiedGroups(
  examples: readonly Example[],
  options: { readonly random: Random; readonly stratifyBy?: string },
): (readonly Example[])[] {
  const strata = new Map<string, (readonly Example[])[]>()
  for (const group of groupsOfEqualInputs(examples)) {
    const label = options.stratifyBy === undefined ? '' : JSON.stringify(group[0]?.outputs[options.stratifyBy] ?? null)
    const stratum = strata.get(label)
    if (stratum === undefined) strata.set(label, [group])
    else stratum.push(group)
  }
  const placed: { place: number; group: readonly Example[] }[] = []
  for (const [label, stratum] of strata) {
    const random = options.random.fork(label)
    const start = random.next()
    random.shuffle(stratum).forEach((group, index) => {
      placed.push({ place: (index + start) / stratum.length, group })
    })
  }
  return placed.sort((a, b) => a.place - b.place).map(({ group }) => group)
}

function groupsOfEqualInputs(examples: readonly Example[]): Iterable<readonly Example[]> {
  const groups = new Map<string, Example[]>()
  for (const example of examples) {
    const key = inputsKey(example)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [example])
    else group.push(example)
  }
  return groups.values()
}
