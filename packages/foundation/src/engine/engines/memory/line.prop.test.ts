import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InLine, Line } from './line.ts'

interface Numbered extends InLine {
  readonly number: number
}

describe('Line', () => {
  test('is an array from which anything can leave', () => {
    const steps = fc.array(fc.oneof(fc.constant('append' as const), fc.constant('shift' as const), fc.nat(10)))
    fc.assert(
      fc.property(steps, (all) => {
        const line = new Line<Numbered>()
        const model: Numbered[] = []
        for (const [number, step] of all.entries()) {
          if (step === 'append') {
            const one: Numbered = { number, earlier: undefined, later: undefined }
            line.append(one)
            model.push(one)
          } else if (step === 'shift') expect(line.shift()).toBe(model.shift())
          else if (model.length > 0) line.remove(model.splice(step % model.length, 1)[0] as Numbered)
          expect([...line].map((one) => one.number)).toEqual(model.map((one) => one.number))
          expect([line.size, line.first]).toEqual([model.length, model[0]])
        }
      }),
    )
  })

  test('who is looked at may leave', () => {
    const line = new Line<Numbered>()
    for (const number of [1, 2, 3]) line.append({ number, earlier: undefined, later: undefined })
    const seen: number[] = []
    for (const one of line) {
      seen.push(one.number)
      line.remove(one)
    }
    expect([seen, line.size]).toEqual([[1, 2, 3], 0])
  })

  test('a cleared line is empty and takes new ones', () => {
    const line = new Line<Numbered>()
    for (const number of [1, 2]) line.append({ number, earlier: undefined, later: undefined })
    line.clear()
    expect([[...line], line.size, line.first]).toEqual([[], 0, undefined])
    line.append({ number: 3, earlier: undefined, later: undefined })
    expect([...line].map((one) => one.number)).toEqual([3])
  })
})
