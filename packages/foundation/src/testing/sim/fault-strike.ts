/** Carries faults out: what each does to a running simulation, and what undoes it. */

import { type Fault, serverPlace } from './fault.ts'
import type { SimNetwork } from './sim-network.ts'
import type { SimServer } from './sim-server.ts'

/** What faults need of a simulation. */
export interface Struck {
  readonly network: SimNetwork
  readonly server: SimServer
  pause(name: string): () => void
  crash(name: string): void
  restart(name: string): void
  skew(name: string, byMs: number): void
}

/** Begins a fault; what is returned ends it, once. */
export function strike(sim: Struck, fault: Fault): () => void {
  const undo = begin(sim, fault)
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    undo()
  }
}

function begin(sim: Struck, fault: Fault): () => void {
  const { network, server } = sim
  switch (fault.type) {
    case 'cut':
      return network.cut(fault.from, fault.to)
    case 'isolate': {
      const undo = [network.cut(fault.node, serverPlace), network.cut(serverPlace, fault.node)]
      if (fault.stale) undo.push(server.freeze(fault.node))
      return () => {
        for (const one of undo) one()
      }
    }
    case 'pause':
      return sim.pause(fault.node)
    case 'crash':
      sim.crash(fault.node)
      return () => sim.restart(fault.node)
    case 'outage':
      return server.elect()
    case 'noise':
      return network.disturb(fault)
    case 'slow':
      return network.slow(fault.node, fault.byMs)
    case 'skew':
      sim.skew(fault.node, fault.byMs)
      return () => sim.skew(fault.node, 0)
  }
}
