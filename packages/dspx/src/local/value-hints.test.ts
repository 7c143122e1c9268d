import { describe, expect, test } from 'vitest'
import { formsOf } from './features.ts'
import { hintsFor } from './value-hints.ts'

const values = ['billing', 'tech', 'home_care']
const wordsFor = (instruction: string) => hintsFor(values, instruction).map((clauses) => formsOf(clauses.join(' ')))

describe('hintsFor', () => {
  test('gives a line to the value that it begins by naming, whatever else it names', () => {
    const found = wordsFor('Words that point to "billing": refund, tech, money\nWords that point to "home_care": sofa')
    expect(found[0]).toContain('refund')
    expect(found[0]).toContain('tech')
    expect(found[1]).toEqual([])
    expect(found[2]).toContain('sofa')
  })

  test('reads several values in one line', () => {
    expect(wordsFor('billing: money and refunds; tech: crashes')).toEqual([
      ['money', 'and', 'refunds'],
      ['crashes'],
      [],
    ])
  })

  test('reads sentences that name one value', () => {
    const found = wordsFor('If somebody asks for money back, choose billing. If it crashes, choose tech.')
    expect(found[0]).toContain('money')
    expect(found[1]).toContain('crashes')
    expect(found[1]).not.toContain('money')
  })

  test('reads lists under a heading, up to the blank line', () => {
    const found = wordsFor('billing:\n- refunds\n- invoices\n\n- nothing')
    expect(found[0]).toEqual(['refunds', 'invoices'])
  })

  test('knows a value by its spoken form', () => {
    expect(wordsFor('Home care means sofas and lamps')[2]).toContain('sofas')
  })

  test('takes no hint from the list of values itself', () => {
    expect(wordsFor('The team must be one of: billing; tech; home_care')).toEqual([[], [], []])
    expect(wordsFor('The team is billing, tech or home_care.')).toEqual([[], [], []])
  })
})
