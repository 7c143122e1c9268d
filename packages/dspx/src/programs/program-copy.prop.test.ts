import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { predict } from './predictor.ts'
import { Program } from './program.ts'
import { predictorsIn, programsIn } from './program-walk.ts'

/** A program of fields that hold programs, lists, objects, Maps, data, and things they share with each other. */
class Nested extends Program {
  override settings = { depth: 1 }
  readonly parts: unknown
  readonly data = { words: ['a', 'b'], when: new Date(0) }
  constructor(parts: unknown) {
    super()
    this.parts = parts
  }
  async forward(_: { q: string }) {
    return {}
  }
}

const shared = predict('q -> a', { demos: [{ inputs: { q: 'x' }, outputs: { a: 'y' } }] })
const part = fc.letrec<{ readonly part: unknown }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    fc.constant('text'),
    fc.constant(shared),
    fc.constant(undefined).map(() => predict('q -> a')),
    fc.array(tie('part'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('one', 'two', '__proto__'), tie('part'), { maxKeys: 3 }),
    fc.array(fc.tuple(fc.constantFrom('k', 'l'), tie('part')), { maxLength: 3 }).map((entries) => new Map(entries)),
    tie('part').map((inner) => new Nested(inner)),
  ),
})).part

type Copy = (program: Nested) => Nested

/** A copy says the same, shares no program with its original, keeps what is one thing one, and leaves the original alone. */
function holds(copyOf: Copy): boolean {
  const details = fc.check(
    fc.property(part, (parts) => {
      const original = new Nested([parts, shared])
      const before = JSON.stringify(original.state())
      const copy = copyOf(original)
      expect(copy.state()).toEqual(original.state())
      expect(copy).toBeInstanceOf(Nested)
      const places = (program: Program) => programsIn(program).map(({ path }) => path)
      expect(places(copy)).toEqual(places(original))
      const originals = new Set(programsIn(original).map(({ program }) => program))
      for (const { program } of programsIn(copy)) expect(originals.has(program)).toBe(false)
      const [path] = [...predictorsIn(copy).keys()]
      const changed = copy.compile({ predictors: { [path as string]: { instructions: 'other', demos: [] } } })
      expect(changed.state().predictors[path as string]?.instructions).toBe('other')
      expect(JSON.stringify(original.state())).toBe(before)
      expect(copy.data.when).toBe(original.data.when)
      expect(copy.data.words).not.toBe(original.data.words)
    }),
    { seed: 11, numRuns: 150 },
  )
  return !details.failed
}

const shallow: Copy = (program) => Object.assign(Object.create(Object.getPrototypeOf(program)), program)

describe('a compiled copy', () => {
  test('is whole and apart from its original, however a program is built', () => {
    expect(holds((program) => program.compile({}))).toBe(true)
  })

  test.each<[string, Copy]>([
    ['is the original', (program) => program],
    ['shares what the fields hold', shallow],
    ['lost its class', (program) => ({ ...program.compile({}) }) as Nested],
    ['forgot demonstrations', (program) => forgetful(program.compile({}))],
  ])('one that %s is caught', (_, copyOf) => {
    expect(holds(copyOf)).toBe(false)
  })

  test('keeps accessors, symbols and hidden fields as they are', () => {
    const key = Symbol('key')
    const original = Object.assign(new Nested([]), { [key]: 1, inner: predict('q -> a') })
    Object.defineProperty(original, 'hidden', { value: 2 })
    Object.defineProperty(original, 'now', { get: () => 3, enumerable: true })
    const copy = original.compile({}) as typeof original & { hidden: number; now: number }
    expect([copy[key], copy.hidden, copy.now]).toEqual([1, 2, 3])
    expect(Object.getOwnPropertyDescriptor(copy, 'now')?.get).toBeTypeOf('function')
  })
})

function forgetful(program: Nested): Nested {
  for (const predictor of predictorsIn(program).values()) Object.assign(predictor, { demos: [] })
  return program
}
