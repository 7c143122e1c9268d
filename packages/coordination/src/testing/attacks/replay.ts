/** Says what was said before: in this agreement, in another one, in another epoch; as it was and under a new cover. */

import type { Envelope } from '../../byzantine/message.ts'
import { type Attack, brainAttacker, brainsOf } from '../attack.ts'

export const replay: Attack = {
  name: 'replay',
  open(world) {
    const { random, agreement, foreign, others } = world
    const heard: Envelope[] = []
    const again = (member: number) => {
      const pool = random.next() < 0.4 && foreign.length > 0 ? foreign : heard
      const envelope = pool[random.int(Math.max(1, pool.length))]
      const to = others[random.int(Math.max(1, others.length))]
      if (envelope === undefined || to === undefined) return
      const cover = random.next()
      const covered = cover < 0.5 ? { ...envelope, agreement: agreement.id, epoch: agreement.epoch } : envelope
      const sent = cover > 0.9 ? { ...envelope, epoch: agreement.epoch + 1 } : covered
      world.send({ from: member, to, envelope: sent })
    }
    const brains = brainAttacker(
      brainsOf(world, (member) => (to, envelope) => world.send({ from: member, to, envelope })),
    )
    return {
      ...brains,
      receive(member, from, envelope) {
        if (heard.length < 200) heard.push(envelope)
        brains.receive(member, from, envelope)
        again(member)
      },
    }
  },
}
