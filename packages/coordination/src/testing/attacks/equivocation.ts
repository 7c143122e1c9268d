/** Says one thing to some and another thing to others: each traitor has two minds, with different ballots and proposals. */

import { type Attack, type Attacker, type AttackWorld, Brain } from '../attack.ts'

export const equivocation: Attack = {
  name: 'equivocation',
  open(world) {
    const minds = world.members.map((member) => twoMinds(world, member))
    return {
      start() {
        for (const mind of minds) mind.start()
      },
      receive: (member, from, envelope) => minds[world.members.indexOf(member)]?.receive(member, from, envelope),
      wake(about) {
        for (const mind of minds) mind.wake?.(about)
      },
    }
  },
}

function twoMinds(world: AttackWorld, member: number): Attacker {
  const { random } = world
  const side = world.agreement.committee.members.map(() => random.int(2))
  // Some tell everybody both.
  const tellsAll = random.next() < 0.3
  const brains = [0, 1].map(
    (mind) =>
      new Brain(world, member, {
        bytes: world.bytes(member, mind),
        outlet(to, envelope) {
          if (tellsAll || side[to] === mind) world.send({ from: member, to, envelope })
        },
      }),
  )
  return {
    start() {
      for (const brain of brains) brain.start()
    },
    receive(_, from, envelope) {
      for (const brain of random.shuffle(brains)) brain.receive(from, envelope)
    },
    wake(about) {
      for (const brain of brains) if (brain.wake(about)) return
    },
  }
}
