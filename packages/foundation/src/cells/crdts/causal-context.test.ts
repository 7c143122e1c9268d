import { expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { contextOf, contextText, contextWithout, type Dot, hasDot, mergedContext, nextDot } from './causal-context.ts'

test('ten thousand dots that arrive in any order take one range a replica in the end', () => {
  const random = seededRandom(3)
  const dots = random.shuffle(Array.from({ length: 10_000 }, (_, i): Dot => [`r${i % 2}`, Math.floor(i / 2) + 1]))
  const context = dots.reduce((known, dot) => mergedContext(known, contextOf([dot])), contextOf([]))
  expect([...context]).toEqual([...context.keys()].map((replica) => [replica, [[1, 5_000]]]))
})

test('it has what was put in and nothing else, before and after some are taken out', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = seededRandom(seed)
    const any = () => Array.from({ length: random.int(12) }, (): Dot => [`r${random.int(2)}`, 1 + random.int(15)])
    const [a, b, without] = [any(), any(), any()]
    const merged = mergedContext(contextOf(a), contextOf(b))
    const cut = contextWithout(merged, without)
    const names = (dots: readonly Dot[]) => new Set(dots.map(String))
    const [put, out] = [names([...a, ...b]), names(without)]
    for (let counter = 1; counter <= 16; counter++) {
      for (const replica of ['r0', 'r1']) {
        const name = `${replica},${counter}`
        expect(hasDot(merged, [replica, counter]), `seed ${seed} ${name}`).toBe(put.has(name))
        expect(hasDot(cut, [replica, counter]), `seed ${seed} ${name}`).toBe(put.has(name) && !out.has(name))
      }
    }
    expect(contextText(mergedContext(contextOf(b), contextOf(a)))).toBe(contextText(merged))
    expect(mergedContext(merged, contextOf(a))).toBe(merged)
  }
})

test('the next dot comes after all that was seen of a replica', () => {
  expect(nextDot(contextOf([]), 'a')).toEqual(['a', 1])
  const seen: readonly Dot[] = [
    ['a', 4],
    ['a', 2],
    ['b', 9],
  ]
  expect(nextDot(contextOf(seen), 'a')).toEqual(['a', 5])
})
