import { expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { Chain, type Link } from './chain.ts'

interface Member extends Link<Member> {
  readonly number: number
}

test('a chain holds what was added and not deleted, in order', () => {
  const random = seededRandom('chain')
  const chain = new Chain<Member>()
  const model = new Set<Member>()
  for (let number = 0; number < 2_000; number++) {
    if (random.int(2) === 0) {
      const member: Member = { number, previous: undefined, next: undefined }
      chain.add(member)
      model.add(member)
    } else {
      const member = [...model][random.int(Math.max(1, model.size))]
      if (member !== undefined) {
        chain.delete(member)
        model.delete(member)
      }
    }
    expect([...chain].map((one) => one.number)).toEqual([...model].map((one) => one.number))
  }
  for (const one of chain) chain.delete(one)
  expect([...chain]).toEqual([])
})
