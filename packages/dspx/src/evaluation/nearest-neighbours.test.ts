import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { nearestNeighbours, scoreNearestNeighbours } from './nearest-neighbours.ts'

const row = (text: string, team: string): Example => ({ id: text, inputs: { text }, outputs: { team } })
const train = [row('refund my invoice', 'billing'), row('invoice is wrong', 'billing'), row('app crash', 'tech')]

describe('nearestNeighbours', () => {
  test('says what the most similar rows say, weighed by similarity', () => {
    const { predict } = nearestNeighbours(train, { fields: ['team'] })
    expect(predict({ text: 'a crash of the app' })).toEqual({ team: 'tech' })
    expect(predict({ text: 'the invoice' })).toEqual({ team: 'billing' })
  })

  test('lets only k rows vote', () => {
    const near = [row('crash crash', 'tech'), row('crash one', 'billing'), row('crash two', 'billing')]
    expect(nearestNeighbours(near, { fields: ['team'], k: 1 }).predict({ text: 'crash crash' })).toEqual({
      team: 'tech',
    })
    expect(nearestNeighbours(near, { fields: ['team'], k: 3 }).predict({ text: 'crash' })).toEqual({ team: 'billing' })
  })

  test('is scored by exact match on the same rows as programs are', async () => {
    const options = { fields: ['team'] }
    const examples = [row('my invoice', 'billing'), row('wrong app', 'sales')]
    const scored = await scoreNearestNeighbours(nearestNeighbours(train, options), examples, options)
    expect(scored.predictions.map(({ id, score }) => [id, score])).toEqual([
      ['my invoice', 1],
      ['wrong app', 0],
    ])
    expect(scored.accuracy).toBe(0.5)
  })

  test('refuses no rows and no fields', () => {
    expect(() => nearestNeighbours([], { fields: ['team'] })).toThrow(
      'nearestNeighbours: examples: expected at least one',
    )
    expect(() => nearestNeighbours(train, { fields: [] })).toThrow('fields: expected at least one field')
  })
})
