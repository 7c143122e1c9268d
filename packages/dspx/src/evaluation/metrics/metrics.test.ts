import { describe, expect, test } from 'vitest'
import { signature } from '../../signatures/signature.ts'
import { checkMetric } from '../metric.ts'
import { compositeMetric } from './composite.ts'
import { exactMatch } from './exact-match.ts'
import { tokenF1 } from './token-f1.ts'

const example = (outputs: { readonly [name: string]: string | number }) => ({ id: 'rows.jsonl:4', inputs: {}, outputs })

describe('exactMatch', () => {
  test('is the share of fields that are right', () => {
    const metric = exactMatch('team', 'urgent')
    expect(metric.score(example({ team: 'a', urgent: 'no' }), { team: 'a', urgent: 'yes' })).toBe(0.5)
  })

  test('forgives space around and the Unicode form, not case', () => {
    const metric = exactMatch('team')
    expect(metric.score(example({ team: 'caf\u00e9' }), { team: ' cafe\u0301\n' })).toBe(1)
    expect(metric.score(example({ team: 'Tech' }), { team: 'tech' })).toBe(0)
  })

  test('compares numbers by value and refuses to guess a missing label', () => {
    expect(exactMatch('n').score(example({ n: 2 }), { n: 2.0 })).toBe(1)
    expect(() => exactMatch('team').score(example({}), { team: 'a' })).toThrow(
      'metric exact-match(team): rows.jsonl:4: field "team": expected a label to compare with, got none',
    )
  })
})

describe('tokenF1', () => {
  test('counts shared words with repetition', () => {
    const score = (label: string, answer: string) => tokenF1('t').score(example({ t: label }), { t: answer })
    expect(score('charged twice', 'twice')).toBeCloseTo(2 / 3)
    expect(score('no no', 'no')).toBeCloseTo(2 / 3)
    expect(score('Charged, twice!', 'twice charged')).toBe(1)
    expect(score('', '')).toBe(1)
    expect(score('a', '')).toBe(0)
  })
})

describe('compositeMetric', () => {
  test('weighs its parts and needs all their fields', async () => {
    const metric = compositeMetric([
      { metric: exactMatch('team'), weight: 3 },
      { metric: tokenF1('words'), weight: 1 },
    ])
    expect(metric.fields).toEqual(['team', 'words'])
    expect(await metric.score(example({ team: 'a', words: 'x' }), { team: 'a', words: 'y' })).toBe(0.75)
  })

  test('refuses no parts and weights that are not positive', () => {
    expect(() => compositeMetric([])).toThrow('at least one metric')
    expect(() => compositeMetric([{ metric: exactMatch('a'), weight: 0 }])).toThrow(
      'compositeMetric: parts[0].weight: expected a number > 0, got 0',
    )
  })
})

describe('checkMetric', () => {
  test('refuses a field that the program does not put out', () => {
    const { outputs } = signature('text -> team: "a" | "b"')
    expect(() => checkMetric(exactMatch('team'), outputs)).not.toThrow()
    expect(() => checkMetric(exactMatch('taem'), outputs)).toThrow('did you mean "team"?')
  })
})
