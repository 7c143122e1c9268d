/** What people give that is not what is asked for: one typed error that names it, before anything is spent. */

import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { multiChainComparison } from '../modules/multi-chain-comparison.ts'
import { programOfThought } from '../modules/program-of-thought.ts'
import { react } from '../modules/react.ts'
import { recursiveContext } from '../modules/recursive-context.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { loadProgram } from '../programs/saved-program.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { optimize } from './optimize.ts'
import { bootstrapFewShot } from './teleprompters/bootstrap-few-shot.ts'

const lm = scriptedModel(() => {
  throw new Error('nobody may be asked')
})
const row = { id: 'a', inputs: { mail: 'x' }, outputs: { team: 'tech' } }
const program = predict('mail -> team: "billing" | "tech"')
const metric = exactMatch('team')
const invalid = { code: 'foundation/invalid-option' }

describe('rows', () => {
  const broken: readonly (readonly [string, unknown, string])[] = [
    ['that are none', null, 'an array of rows'],
    ['that are text', 'a', 'an array of rows'],
    ['one of which is null', [row, null], '[1]: expected a row'],
    [
      'whose id is no text',
      [{ id: 1, inputs: {}, outputs: {} }],
      '[0]: expected a row { id?, inputs, outputs } with a text of its own as id, or none',
    ],
    ['without labels', [row, { ...row, id: 'b', outputs: undefined }], 'whose outputs, its labels, are an object'],
    [
      'that are flat',
      [{ id: 'a', mail: 'x', team: 'tech' }],
      '[0]: expected a row { id?, inputs, outputs } whose inputs are an object',
    ],
    ['whose inputs are a list', [{ ...row, inputs: ['x'] }], '[0]: expected a row'],
  ]
  test.each(broken)('%s are refused by evaluate and by optimize', async (_, rows, message) => {
    const examples = rows as readonly Example[]
    const evaluated = evaluate(program, examples, { metric, lm })
    await expect(evaluated).rejects.toMatchObject({ ...invalid, message: expect.stringContaining(message) })
    const tuned = optimize(program, { train: [row], val: examples, metric, teleprompter: bootstrapFewShot(), lm })
    await expect(tuned).rejects.toMatchObject(invalid)
  })
})

describe('rows that do not fit', () => {
  const options = { metric, teleprompter: bootstrapFewShot(), lm }
  const judging = { ...row, id: 'v', inputs: { mail: 'v' } }
  const unfit: readonly (readonly [string, Example, object])[] = [
    [
      'an input of another name',
      { ...row, id: 'b', inputs: { mial: 'x' } },
      { code: 'dspx/row-mismatch', message: expect.stringMatching(/row "b": input mial: .*did you mean "mail"/) },
    ],
    ['an input too many', { ...row, id: 'b', inputs: { mail: 'x', more: 'y' } }, { code: 'dspx/row-mismatch' }],
    [
      'an input that is missing',
      { ...row, id: 'b', inputs: {} },
      { code: 'dspx/row-mismatch', data: { exampleId: 'b', field: 'mail', known: ['mail'] } },
    ],
    ['an input of another type', { ...row, id: 'b', inputs: { mail: 7 } }, { code: 'dspx/row-mismatch' }],
    [
      'a label that no answer can be',
      { id: 'b', inputs: { mail: 'z' }, outputs: { team: 'tehc' } },
      {
        code: 'dspx/metric-label-unknown',
        message: expect.stringMatching(/row "b": label team: .*did you mean "tech"/),
      },
    ],
    ['no label', { id: 'b', inputs: { mail: 'z' }, outputs: { taem: 'tech' } }, { code: 'dspx/metric-label-missing' }],
  ]
  test.each(unfit)('(%s) are refused by evaluate and by optimize before anybody is asked', async (_, bad, error) => {
    await expect(evaluate(program, [row, bad], { metric, lm })).rejects.toMatchObject(error)
    await expect(optimize(program, { train: [row, bad], val: [judging], ...options })).rejects.toMatchObject(error)
    await expect(optimize(program, { train: [row], val: [judging, bad], ...options })).rejects.toMatchObject(error)
    await expect(optimize(program, { train: [row, bad, judging], ...options })).rejects.toMatchObject(error)
  })

  test('to a metric of another field are told so by evaluate', async () => {
    const asked = evaluate(program, [row], { metric: exactMatch('taem'), lm })
    await expect(asked).rejects.toMatchObject({ code: 'dspx/metric-field-unknown' })
  })
})

describe('a program, a metric and options', () => {
  test('a teleprompter that was not called is told how', async () => {
    const options = { train: [row], metric, teleprompter: bootstrapFewShot as never, lm }
    await expect(optimize(program, options)).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('call it: bootstrapFewShot()'),
    })
  })

  test.each([null, 7, {}, 'program'])('what is no program (%j) is refused by name', async (given) => {
    const options = { train: [row], metric, teleprompter: bootstrapFewShot(), lm }
    await expect(optimize(given as never, options)).rejects.toMatchObject(invalid)
    await expect(evaluate(given as never, [row], { metric, lm })).rejects.toMatchObject(invalid)
    await expect(loadProgram(given as never, 'none.json')).rejects.toMatchObject(invalid)
  })

  test.each([null, 7, 'exact', {}])('what is no metric (%j) is refused by name', async (given) => {
    const options = { train: [row, { ...row, id: 'b' }], metric: given as never, teleprompter: bootstrapFewShot(), lm }
    await expect(optimize(program, options)).rejects.toMatchObject(invalid)
    await expect(evaluate(program, [row], { metric: given as never, lm })).rejects.toMatchObject(invalid)
  })

  test.each([null, 7, 'lm'])('options of a run that are %j are refused by name', async (given) => {
    await expect(program.run({ mail: 'x' }, given as never)).rejects.toMatchObject(invalid)
  })

  test.each([null, 7, ''])('a metric of a field that is %j is refused', (given) => {
    expect(() => exactMatch('team', given as never)).toThrow(expect.objectContaining(invalid))
  })
})

describe('a signature', () => {
  const made = { predict, chainOfThought, multiChainComparison, programOfThought, recursiveContext }
  test.each(Object.entries(made))('that is none is refused by %s in its name', (name, make) => {
    for (const given of [null, 7, {}, []]) {
      const error = {
        code: 'dspx/invalid-signature',
        message: expect.stringMatching(`^${name}: expected text such as`),
      }
      expect(() => (make as (asked: unknown, options: object) => unknown)(given, {})).toThrow(
        expect.objectContaining(error),
      )
    }
  })

  test('that is none is refused by react, and by signature', () => {
    const error = expect.objectContaining({ code: 'dspx/invalid-signature' })
    expect(() => react(null as never, { tools: [] })).toThrow(error)
    for (const given of [null, 7]) expect(() => signature(given as never)).toThrow(error)
  })
})
