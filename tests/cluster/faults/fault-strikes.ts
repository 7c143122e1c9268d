/** Carries planned faults out, one list for nodes and one for servers, and says what it did. */

import { delay, systemClock } from '@mabeam/foundation'
import { type ClusterWorld, nodeCount, serverCount } from './cluster-world.ts'
import type { FaultPlan, NodeFault, PlannedFault, ServerFault } from './fault-plan.ts'
import { historyMs } from './history-clock.ts'

const clock = systemClock

export async function strike(world: ClusterWorld, plan: FaultPlan): Promise<void> {
  await Promise.all([
    each(plan.nodes, (fault) => strikeNode(world, fault)),
    each(plan.servers, (fault) => strikeServers(world, fault)),
  ])
}

async function each<T>(faults: readonly PlannedFault<T>[], run: (fault: PlannedFault<T>) => Promise<void>) {
  for (const fault of faults) {
    await delay(clock, fault.waitMs)
    await run(fault)
  }
}

async function strikeNode(world: ClusterWorld, { type, forMs, pick }: PlannedFault<NodeFault>) {
  const isHolder = type === 'node-kill-holder' || type === 'node-pause-holder'
  const node = (isHolder ? world.holder : undefined) ?? Math.floor(pick * nodeCount)
  const name = world.nameOf(node)
  if (type === 'node-isolate' && !world.hasNetworks) return
  world.log.note(`${type} ${name} for ${forMs} ms`)
  await world.ailing(`${name}.`, async () => {
    switch (type) {
      case 'node-kill':
      case 'node-kill-holder':
        await world.node(node).kill()
        await delay(clock, forMs)
        return await world.startNode(node)
      case 'node-pause':
      case 'node-pause-holder':
        world.node(node).pause()
        await delay(clock, forMs)
        return world.node(node).resume()
      case 'node-isolate':
        return await apart(world, { nodes: [node] }, forMs)
      case 'node-slow':
        await world.slowNode(node, 20_000)
        await delay(clock, forMs)
        return await world.heal()
    }
  })
}

async function strikeServers(world: ClusterWorld, { type, forMs, pick }: PlannedFault<ServerFault>) {
  const server = await victim(world, type, pick)
  const { servers } = world
  world.log.note(`${type} s${server + 1} for ${forMs} ms`)
  switch (type) {
    case 'server-kill':
    case 'server-kill-holders':
    case 'server-kill-leader':
    case 'server-pause':
      await dead(world, { server, forMs, pauses: type === 'server-pause' })
      break
    case 'server-disk-full':
      if (!world.hasNetworks) return
      await world.ailing('', async () => {
        await servers.fillDisk(server)
        await delay(clock, forMs)
        await servers.freeDisk(server)
        await servers.restart(server)
      })
      break
    case 'split-server':
      await world.ailing('', () => apart(world, { servers: [server] }, forMs))
      break
    case 'split-halves':
      await world.ailing('', () => apart(world, { servers: [server], nodes: [0, 1] }, forMs))
      break
    case 'servers-slow':
      await world.ailing('', async () => {
        await world.slowServers(100_000)
        await delay(clock, forMs)
        await world.heal()
      })
  }
  // The next one is hit when this one is back, so that two of three are there.
  await servers.ready()
  world.log.note(`${type} s${server + 1} is over`)
}

async function dead(
  { servers, serverDeaths }: ClusterWorld,
  { server, forMs, pauses }: { readonly server: number; readonly forMs: number; readonly pauses: boolean },
): Promise<void> {
  const fromMs = historyMs()
  if (pauses) servers.pause(server)
  else await servers.kill(server)
  await delay(clock, forMs)
  if (pauses) servers.resume(server)
  else await servers.restart(server)
  serverDeaths.push({ fromMs, untilMs: historyMs() })
}

async function apart(
  world: ClusterWorld,
  group: { readonly servers?: readonly number[]; readonly nodes?: readonly number[] },
  forMs: number,
): Promise<void> {
  await world.split(group)
  await delay(clock, forMs)
  await world.heal()
}

/** The server the holder of the singleton is connected to, the one that leads most, or any. */
async function victim(world: ClusterWorld, type: ServerFault, pick: number): Promise<number> {
  const any = Math.floor(pick * serverCount)
  if (type === 'server-kill-leader') return (await world.servers.metaLeader()) ?? any
  if (type !== 'server-kill-holders' || world.holder === undefined) return any
  const name = world.nameOf(world.holder)
  const told = await Promise.allSettled(world.servers.all.map((one) => one.monitor('connz')))
  const counts = told.map((one) => {
    const { connections = [] } = (one.status === 'fulfilled' ? one.value : {}) as {
      readonly connections?: readonly { readonly name?: string }[]
    }
    return connections.filter((connection) => connection.name?.includes(name) === true).length
  })
  const most = Math.max(...counts)
  return most === 0 ? any : counts.indexOf(most)
}
