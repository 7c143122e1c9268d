import { describe, expect, test } from 'vitest'
import { allowedValuesIn } from './allowed-values.ts'

describe('allowedValuesIn', () => {
  test.each([
    ["team (Literal['billing', 'tech support'])", ['billing', 'tech support']],
    ['`team` ("billing" | "tech")', ['billing', 'tech']],
    ['must exactly match (no extra characters) one of: a b; c; d', ['a b', 'c', 'd']],
    ['one of billing, tech or sales', ['billing', 'tech', 'sales']],
    ['one of the following labels: billing, tech and sales.', ['billing', 'tech', 'sales']],
    ['Classify the ticket as billing, tech, or sales.', ['billing', 'tech', 'sales']],
    ['Choose between billing and tech', ['billing', 'tech']],
    ['Allowed values: billing, tech', ['billing', 'tech']],
    ['"enum": ["billing", "tech"]', ['billing', 'tech']],
    ['low | medium | high', ['low', 'medium', 'high']],
    ['Categories:\n- billing: money, refunds\n- tech (crashes)\n\nText: x', ['billing', 'tech']],
    ['Labels:\n1. billing\n2) tech', ['billing', 'tech']],
    ['<labels><label>billing</label><label>tech</label></labels>', ['billing', 'tech']],
    ['<classes>billing, tech</classes>', ['billing', 'tech']],
    ['Answer with `yes` or `no`', ['yes', 'no']],
    ['options: [billing, tech]', ['billing', 'tech']],
  ])('reads %j', (text, values) => {
    expect(allowedValuesIn(text)).toEqual(values)
  })

  test.each([
    'Route the ticket to the team that has to act first.',
    'the words of the ticket that decided',
    'either way, this sentence is far too long to be a list of values for anything, or so I hope for everybody here',
    '',
  ])('finds none in %j', (text) => {
    expect(allowedValuesIn(text)).toBeUndefined()
  })
})
