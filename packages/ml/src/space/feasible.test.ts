import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { defineSpace } from './group.ts'
import { permutation, subset } from './list-variable.ts'
import { type Config, space } from './space.ts'
import { bool, choice, float, int } from './variable.ts'

/** Pearson's statistic of draws against equal shares. */
function chiSquare(counts: ReadonlyMap<string, number>, cells: number, draws: number): number {
  const expected = draws / cells
  const hit = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  return hit + (cells - counts.size) * expected
}

function countsOf(
  one: { sample(random: ReturnType<typeof seededRandom>): unknown },
  draws: number,
): Map<string, number> {
  const random = seededRandom('chi')
  const counts = new Map<string, number>()
  for (let i = 0; i < draws; i++) {
    const key = JSON.stringify(one.sample(random))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** Above this in one of 10,000 cases: mean plus four deviations of the statistic. */
const critical = (cells: number) => cells - 1 + 4 * Math.sqrt(2 * (cells - 1))

describe('sampling under constraints', () => {
  const hundred = () => int({ min: 0, max: 99 })

  test('is uniform over few points among a million, though a real variable stands beside them', () => {
    const one = defineSpace({ a: hundred(), b: hundred(), c: hundred(), x: float(0, 1) }).constrain(
      'sum',
      (c) => c.a + c.b + c.c === 5,
    )
    const random = seededRandom(1)
    const counts = new Map<string, number>()
    for (let i = 0; i < 4_200; i++) {
      const { a, b, c } = one.sample(random)
      expect(a + b + c).toBe(5)
      counts.set(`${a}/${b}/${c}`, (counts.get(`${a}/${b}/${c}`) ?? 0) + 1)
    }
    expect(chiSquare(counts, 21, 4_200)).toBeLessThan(critical(21))
  })

  test.each([
    [
      'two blocks',
      defineSpace({ a: hundred(), b: hundred(), c: hundred(), d: bool() })
        .constrain('ab', (c) => c.a === c.b + 97)
        .constrain('cd', (c) => c.c > 96 && c.d),
      9,
    ],
    ['subsets of a size', space({ s: subset(['a', 'b', 'c', 'd'], { minSize: 2, maxSize: 3 }) }), 10],
    ['permutations', space({ p: permutation(['a', 'b', 'c', 'd']) }), 24],
    [
      'lists under a constraint',
      defineSpace({ p: permutation(['a', 'b', 'c']), s: subset(['a', 'b']) }).constrain(
        'first',
        (c) => !c.s.includes('a') || c.p[0] === 'a',
      ),
      16,
    ],
  ])('is uniform over %s', (_, one, cells) => {
    const draws = cells * 200
    const counts = countsOf(one as unknown as { sample(random: unknown): unknown }, draws)
    expect(one.cardinality).toBe(cells)
    expect(chiSquare(counts, cells, draws)).toBeLessThan(critical(cells))
  })

  test('makes no variable depend on one that nothing binds it to', () => {
    const one = defineSpace({ a: int(0, 3), b: int(0, 3), c: choice(['x', 'y']) }).constrain('ab', (c) => c.a < c.b)
    const counts = countsOf(one, 2_400)
    expect(one.cardinality).toBe(12)
    expect(chiSquare(counts, 12, 2_400)).toBeLessThan(critical(12))
  })

  test('sees a variable that is read only in rare cases', () => {
    const one = defineSpace({ a: int(0, 199), b: int(0, 199), c: int(0, 3) }).constrain(
      'rare',
      (c) => c.a === c.b + 198 || (c.a === 0 && c.b === 199 && c.c === 2),
    )
    expect(one.cardinality).toBe(2 * 4 + 1)
    const counts = countsOf(one, 1_800)
    expect(chiSquare(counts, 9, 1_800)).toBeLessThan(critical(9))
  })

  test('asks a constraint that looks at the whole about no more than it says it reads', () => {
    const seen = new Set<string>()
    const one = space(
      { a: hundred(), b: hundred(), x: float(0, 1), y: float(0, 1) },
      {
        constraints: [
          {
            name: 'equal',
            reads: ['a', 'b'],
            test: (c) => {
              for (const name of Object.keys(c)) seen.add(name)
              return new Set(Object.values(c)).size === 1
            },
          },
        ],
      },
    )
    for (let i = 0; i < 20; i++) expect(one.satisfies(one.sample(seededRandom(i)))).toBe(true)
    expect([...seen]).toEqual(['a', 'b'])
  })

  test('leaves a constraint over reals to rejection, in its own block', () => {
    const one = defineSpace({ x: float(0, 1), y: float(0, 1), a: hundred(), b: hundred() })
      .constrain('sum', (c) => c.x + c.y < 0.1)
      .constrain('equal', (c) => c.a === c.b && c.a % 50 === 0)
    const random = seededRandom(2)
    for (let i = 0; i < 50; i++) {
      const { x, y, a, b } = one.sample(random)
      expect(x + y < 0.1 && a === b && a % 50 === 0).toBe(true)
    }
  })

  test.each([
    [
      () =>
        defineSpace({ a: int(0, 9), b: int(0, 9) })
          .constrain('above', (c) => c.a > c.b)
          .constrain('below', (c) => c.a < c.b),
      'space: constraints "above", "below" leave none of the 100 configurations of a, b',
    ],
    [
      () =>
        defineSpace({ x: float(0, 1), y: float(0, 1) }).constrain(
          'on a line',
          (c) => c.x === 2 * c.y + 1,
          () => 'x is not 2y + 1',
        ),
      'space: no valid configuration in 10000 draws; constraint "on a line" refused 10000 of them (x is not 2y + 1); narrow the variables so that it holds more often',
    ],
  ])('is refused where nothing is left or too little to find, naming the constraints (%#)', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ml/unsatisfiable', message }))
  })

  test('refuses a test that gives no answer, and an error in a test is thrown as it is', () => {
    const wrong = defineSpace({ a: bool() })
    expect(() => wrong.constrain('async', (async () => true) as never)).toThrow('expected true or false from its test')
    expect(() =>
      wrong.constrain('broken', () => {
        throw new TypeError('no such thing')
      }),
    ).toThrow('no such thing')
    expect(() => wrong.constrain('', () => true)).toThrow('expected a name for each constraint')
    expect(() => wrong.constrain('x', () => true, { reads: ['b' as 'a'] })).toThrow('reads: expected some of a')
  })
})

describe('constrain', () => {
  test('moves defaults that nobody gave to the nearest that are valid, and only those', () => {
    const one = defineSpace({ a: int(0, 10), b: int(0, 10, { default: 9 }), t: float(0, 1) }).constrain(
      'sum',
      (c) => c.a + c.b <= 10,
    )
    expect(one.defaults).toEqual({ a: 1, b: 9, t: 0.5 })
    expect(one.variables.a.default).toBe(1)
    expect(() => defineSpace({ b: int(0, 10, { default: 9 }) }).constrain('small', (c) => c.b < 5)).toThrow(
      expect.objectContaining({ code: 'ml/broken-constraint' }),
    )
  })

  test('leaves the space it is called on as it was', () => {
    const free = defineSpace({ a: int(0, 3) })
    const bound = free.constrain('odd', (c) => c.a % 2 === 1)
    expect([free.cardinality, bound.cardinality]).toEqual([4, 2])
    expect(bound.constraints.map(({ name }) => name)).toEqual(['odd'])
  })
})

describe('limits', () => {
  const always = () => true

  test('of looking at combinations: a block is listed up to 1,048,576 and rejected from past it', () => {
    const block = (size: number) =>
      space(
        { a: int({ min: 1, max: 1_024, default: 1 }), b: int({ min: 1, max: size, default: 1 }) },
        { constraints: [{ name: 'one', reads: ['a', 'b'], test: (c: Config) => c.a === 1 && c.b === 1 }] },
      )
    expect(block(1_024).cardinality).toBe(1)
    expect(block(1_025).cardinality).toBe(1_024 * 1_025)
    expect(() => block(1_025).sample(seededRandom(1))).toThrow(expect.objectContaining({ code: 'ml/unsatisfiable' }))
  })

  test('of constraints, names, items and variables hold at the limit and not past it', () => {
    const constraints = (n: number) => Array.from({ length: n }, (_, i) => ({ name: `c${i}`, test: always }))
    expect(() => space({ a: bool() }, { constraints: constraints(1_000) })).not.toThrow()
    expect(() => space({ a: bool() }, { constraints: constraints(1_001) })).toThrow('at most 1000 constraints')
    expect(() => space({ ['n'.repeat(200)]: bool() })).not.toThrow()
    expect(() => space({ ['n'.repeat(201)]: bool() })).toThrow('names of 1 to 200 characters')
    const items = (n: number) => Array.from({ length: n }, (_, i) => i)
    expect(subset(items(100)).items.length).toBe(100)
    expect(() => subset(items(101))).toThrow('a list of 1 to 100 items')
    const lists = (n: number) => Object.fromEntries(items(n).map((i) => [`s${i}`, subset(items(100))]))
    expect(() => space(lists(10))).not.toThrow()
    expect(() => space(lists(11))).toThrow('1 to 1000 variables, items of lists included')
  })
})
