import { expect, test } from 'vitest'
import { runAgreement } from './agreement-world.ts'
import { attacks } from './attacks.ts'
import { drawnWorld } from './drawn-world.ts'

const worlds = 100_000
const overruns = 3_000

test(`${worlds} worlds with as many traitors as may be, and nothing that must hold is broken`, () => {
  for (let seed = 0; seed < worlds; seed++) {
    const one = attacks[seed % (2 * attacks.length)]
    const { violations } = runAgreement({ ...drawnWorld(`soak ${seed}`), attacks: one === undefined ? attacks : [one] })
    if (violations.length > 0) throw new Error(`world "soak ${seed}": ${JSON.stringify(violations[0])}`)
  }
})

test(`${overruns} worlds with one traitor too many, and each fork convicts more than were to be tolerated`, () => {
  let forks = 0
  for (let seed = 0; seed < overruns; seed++) {
    const hunting = attacks.filter(({ name }) => name === 'coalition' || (seed % 3 === 0 && name === 'adaptive'))
    const world = {
      ...drawnWorld(`overrun soak ${seed}`),
      members: seed % 2 === 0 ? 4 : 7,
      attacks: hunting,
      overrun: true,
    }
    const { weights: _, ...equals } = world
    const { violations, isForked } = runAgreement(equals)
    if (violations.length > 0) throw new Error(`world "overrun soak ${seed}": ${JSON.stringify(violations[0])}`)
    if (isForked) forks++
  }
  console.log(`${forks} forks`)
  expect(forks).toBeGreaterThan(100)
})
