/** Says nothing: from the start, from some moment on, to some members, or now and then. */

import { type Attack, brainAttacker, brainsOf } from '../attack.ts'

export const silence: Attack = {
  name: 'silence',
  open(world) {
    const { random } = world
    const way = random.int(4)
    const diesMs = random.int(world.viewMs * 4)
    const deaf = new Set(world.others.filter(() => random.next() < 0.5))
    const isSaid = (to: number) => {
      if (way === 0) return false
      if (way === 1) return world.nowMs() < diesMs
      return way === 2 ? !deaf.has(to) : random.next() < 0.6
    }
    return brainAttacker(
      brainsOf(world, (member) => (to, envelope) => {
        if (isSaid(to)) world.send({ from: member, to, envelope })
      }),
    )
  },
}
