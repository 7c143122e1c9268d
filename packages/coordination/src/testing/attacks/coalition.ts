/**
 * Traitors that act as one: two worlds, each with all traitors and a part of the honest members, and a network that keeps the parts
 * apart as long as it may. With more than `F` of the weight they do fork a decision; then it must be provable.
 */

import { type Attack, Brain } from '../attack.ts'

export const coalition: Attack = {
  name: 'coalition',
  open(world) {
    const { random, members, others } = world
    const shuffled = random.shuffle(others)
    const cut = Math.ceil(shuffled.length * (0.3 + random.next() * 0.4))
    const sides = [shuffled.slice(0, cut), shuffled.slice(cut)]
    if (random.next() < 0.7) world.part(sides)
    // By mind and member; traitors of one mind talk to each other at once.
    const minds: ReadonlyMap<number, Brain>[] = sides.map((side, mind) => {
      const brains: Map<number, Brain> = new Map()
      for (const member of members) {
        const outlet = (to: number, envelope: Parameters<Brain['receive']>[1]) => {
          const fellow = brains.get(to)
          if (fellow !== undefined) world.wake(0, { fellow, from: member, envelope })
          else if (side.includes(to)) world.send({ from: member, to, envelope })
        }
        brains.set(member, new Brain(world, member, { bytes: world.bytes(member, mind), outlet }))
      }
      return brains
    })
    const all = minds.flatMap((brains) => [...brains.values()])
    return {
      start() {
        for (const brain of all) brain.start()
      },
      receive(member, from, envelope) {
        const mind = sides.findIndex((side) => side.includes(from))
        // Who is on no side (a traitor of his own) is heard by both.
        for (const [at, brains] of minds.entries())
          if (mind === -1 || mind === at) brains.get(member)?.receive(from, envelope)
      },
      wake(about) {
        if (isWhisper(about)) return about.fellow.receive(about.from, about.envelope)
        for (const brain of all) if (brain.wake(about)) return
      },
    }
  },
}

interface Whisper {
  readonly fellow: Brain
  readonly from: number
  readonly envelope: Parameters<Brain['receive']>[1]
}

function isWhisper(about: unknown): about is Whisper {
  return typeof about === 'object' && about !== null && 'fellow' in about
}
