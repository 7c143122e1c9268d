import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../evaluation/evaluate.ts'
import { evaluationText } from '../evaluation/evaluation-text.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { nearestNeighbours, scoreNearestNeighbours } from '../evaluation/nearest-neighbours.ts'
import { predict } from '../programs/predictor.ts'
import { scriptedModel } from '../testing/index.ts'
import { tuningRows } from '../tuning/tuning-rows.ts'
import type { ExampleRow } from './example.ts'
import { identified } from './example-ids.ts'
import { splitDataset } from './split.ts'

const row = (text: unknown, team = 'a', id?: string) =>
  ({ inputs: { text }, outputs: { team }, ...(id !== undefined && { id }) }) as ExampleRow
const idsOf = (rows: readonly ExampleRow[]) => identified('test', 'rows', rows).map(({ id }) => id)
const metric = exactMatch('team')

describe('identified', () => {
  test('names a row by what is in it, the same in every release', () => {
    expect(idsOf([row('charged twice', 'billing')])).toEqual(['row-ae795f4b2634de6b'])
  })

  test('takes no heed of the order of fields and of what a row has besides', () => {
    const one = { inputs: { a: 1, b: { c: [2], d: null } }, outputs: { team: 'x' } }
    const other = { outputs: { team: 'x' }, note: 'seen', inputs: { b: { d: null, c: [2] }, a: 1 }, id: undefined }
    expect(idsOf([one])).toEqual(idsOf([other]))
    expect(identified('test', 'rows', [other])[0]).toMatchObject({ note: 'seen', inputs: other.inputs })
  })

  test('tells rows apart by inputs and by labels', () => {
    expect(new Set(idsOf([row('x'), row('y'), row('x', 'b'), row(['x']), row(1), row('1')])).size).toBe(6)
  })

  test('counts rows that are there again, and goes round the ids that rows have', () => {
    const [first = ''] = idsOf([row('x')])
    expect(idsOf([row('x'), row('x'), row('y', 'a', 'mine'), row('x')])).toEqual([
      first,
      `${first}-2`,
      'mine',
      `${first}-3`,
    ])
    expect(idsOf([row('x'), row('z', 'a', `${first}-2`), row('x'), row('q', 'a', first)])).toEqual([
      `${first}-3`,
      `${first}-2`,
      `${first}-4`,
      first,
    ])
  })

  test('leaves rows that have ids as they are, and the list too where all have', () => {
    const rows = [row('x', 'a', '1'), row('x', 'a', '')]
    expect(identified('test', 'rows', rows)).toBe(rows)
    const mixed = [row('x', 'a', '1'), row('y')]
    expect(identified('test', 'rows', mixed)[0]).toBe(mixed[0])
  })

  test('refuses a row without an id that is no JSON, by its place', () => {
    const circular: { self?: unknown } = {}
    circular.self = circular
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    for (const odd of [circular, 7n, deep]) {
      expect(() => idsOf([row('x'), row(odd)])).toThrow(
        expect.objectContaining({
          code: 'foundation/invalid-option',
          message: expect.stringMatching(/^test: rows\[1\]: expected an id, or a row of JSON/),
        }),
      )
      expect(idsOf([row(odd, 'a', '1')])).toEqual(['1'])
    }
  })

  test('twenty thousand equal rows are named at once', () => {
    const ids = idsOf(Array.from({ length: 20_000 }, () => row('x')))
    expect(new Set(ids).size).toBe(20_000)
    expect(ids[19_999]).toMatch(/-20000$/)
  })
})

describe('rows without ids', () => {
  const rows = ['one', 'two', 'three', 'four', 'four'].map((text, i) => row(text, i % 2 === 0 ? 'a' : 'b'))

  test('are evaluated, and are known again in another order', async () => {
    const route = predict('text -> team: "a" | "b"')
    const scores = async (given: readonly ExampleRow[]) => {
      const { predictions } = await evaluate(route, given, { metric, lm: scriptedModel(['[[ ## team ## ]]\na']) })
      return new Map(predictions.map(({ id, score }) => [id, score]))
    }
    const [there, back] = [await scores(rows), await scores(rows.toReversed())]
    expect(there.size).toBe(5)
    expect(new Map([...back].toSorted())).toEqual(new Map([...there].toSorted()))
    expect([...there.keys()]).toEqual(idsOf(rows))
  })

  test('are not asked again where work is resumed, and other rows are other work', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'rows-'))
    const resume = join(folder.path, 'evaluated')
    const route = predict('text -> team: "a" | "b"')
    const lm = scriptedModel(['[[ ## team ## ]]\na'])
    const first = await evaluate(route, rows, { metric, lm, resume })
    const again = await evaluate(route, rows, { metric, lm, resume })
    expect(again.resumed?.rows).toBe(5)
    expect(again.predictions).toEqual(first.predictions)
    expect(lm.calls).toHaveLength(5)
    await expect(evaluate(route, rows.toReversed(), { metric, lm, resume })).rejects.toMatchObject({
      code: 'dspx/resume-mismatch',
    })
  })

  test('are shown beside their answers', async () => {
    const lm = scriptedModel(['[[ ## team ## ]]\na'])
    const evaluation = await evaluate(predict('text -> team: "a" | "b"'), rows, { metric, lm })
    const text = evaluationText(evaluation, { examples: rows })
    for (const { inputs } of rows) expect(text).toContain(`inputs: ${JSON.stringify(inputs)}`)
    expect(() => evaluationText(evaluation, { examples: [null as never] })).toThrow('examples[0]: expected a row')
  })

  test('are split, and parts have the ids that the whole has', () => {
    const { train, validation, test } = splitDataset(rows, { train: 0.4, validation: 0.4, test: 0.2, seed: 1 })
    expect([...train, ...validation, ...test].map(({ id }) => id).toSorted()).toEqual(idsOf(rows).toSorted())
  })

  test('train and judge, also where the same row does both: then it only judges', () => {
    const given = { train: [row('two'), row('one')], val: [row('one'), row('three')] }
    const { train, val, notes } = tuningRows(given, { metric, seed: 0 })
    expect(val.map(({ id }) => id)).toEqual(idsOf(given.val))
    expect(train.map(({ id }) => id)).toEqual(idsOf([row('two')]))
    expect(notes).toEqual([expect.stringContaining('1 training row was left out')])
    const halves = tuningRows({ train: rows }, { metric, seed: 0 })
    expect([...halves.train, ...halves.val].map(({ id }) => id).toSorted()).toEqual(idsOf(rows).toSorted())
  })

  test('are scored by their neighbours', async () => {
    const fields = { fields: ['team'] }
    const { predictions } = await scoreNearestNeighbours(nearestNeighbours(rows, fields), rows, fields)
    expect(predictions.map(({ id }) => id)).toEqual(idsOf(rows))
  })

  test('do not excuse an id that is given twice', async () => {
    const twice = [row('one', 'a', 'x'), row('two'), row('three', 'a', 'x')]
    const evaluated = evaluate(predict('text -> team'), twice, { metric, lm: scriptedModel([]) })
    await expect(evaluated).rejects.toThrow('examples[2].id: expected an id that no other row has')
    expect(() => tuningRows({ train: twice }, { metric, seed: 0 })).toThrow(
      expect.objectContaining({ code: 'dspx/duplicate-row' }),
    )
  })
})
