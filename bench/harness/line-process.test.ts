import { describe, expect, test } from 'vitest'
import { LineProcess } from './line-process.ts'
import { optunaPeer } from './optuna-peer.ts'

const answering = (answer: string) =>
  new LineProcess(process.execPath, [
    '-e',
    `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => { const asked = JSON.parse(line); ${answer} })`,
  ])

describe('LineProcess', () => {
  test('answers in the order in which it was asked', async () => {
    await using child = answering('console.log(JSON.stringify({ twice: 2 * asked.n }))')
    expect(await Promise.all([1, 2, 3].map((n) => child.ask({ n })))).toEqual([
      { twice: 2 },
      { twice: 4 },
      { twice: 6 },
    ])
  })

  test('rejects what waits, and all that comes after, when the process ends, with what it said', async () => {
    await using child = answering(`console.error('no memory'); process.exit(3)`)
    await expect(child.ask({})).rejects.toThrow(/ended with status 3\nno memory$/)
    await expect(child.ask({})).rejects.toMatchObject({ code: 'bench/no-figures' })
  })

  test('rejects what is no JSON, and a program that is not there', async () => {
    await using child = answering(`console.log('well')`)
    await expect(child.ask({})).rejects.toThrow('expected a line of JSON, got well')
    await using missing = new LineProcess('/no/such/program', [])
    await expect(missing.next()).rejects.toThrow('could not be started')
  })
})

test('optunaPeer is undefined where there is no such Python, or no Optuna in it', async () => {
  expect(await optunaPeer('/no/such/python')).toBeUndefined()
  expect(await optunaPeer('false')).toBeUndefined()
})
