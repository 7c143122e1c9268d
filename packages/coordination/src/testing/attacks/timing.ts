/** Says the right things at the wrong time: just before and after others give up, and to one member long before the rest. */

import { type Attack, brainAttacker, brainsOf } from '../attack.ts'

export const timing: Attack = {
  name: 'timing',
  open(world) {
    const { random, viewMs } = world
    const favourite = world.others[random.int(world.others.length)]
    return brainAttacker(
      brainsOf(world, (member) => (to, envelope) => {
        const { view = 0 } = envelope.message as { readonly view?: number }
        const edgeMs = viewMs * 2 ** Math.min(view, 4)
        const late = random.next() < 0.5 ? edgeMs * (0.8 + random.next() * 0.5) : random.next() * 2 * edgeMs
        const delayMs = to === favourite || random.next() < 0.3 ? 0 : late
        world.send({ from: member, to, envelope, delayMs })
      }),
    )
  },
}
