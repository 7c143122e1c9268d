import { expect, test } from 'vitest'
import { addressByName } from '../actors/actor-address.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { mailboxFull, noSuchActor } from '../errors/actor-errors.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import { ElsewhereActors, type LocalActors } from './elsewhere-actors.ts'
import { Remote } from './remote.ts'
import { lineMax, SenderLanes } from './sender-lanes.ts'

/** A name that is about to leave this node, so that what is sent to it waits in line; `thrown` is what the actor here says then. */
function world(thrown?: Error) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const port = { ...testPort({ engine: memoryEngine({ clock }), clock, name: 'n1' }), telemetry }
  const leaving = Promise.withResolvers<void>()
  let isLeaving = true
  const at = addressByName('test', 'log')
  const here = { ...at, node: 'n1', epoch: port.epoch }
  const lanes = new SenderLanes({
    clock,
    find: () => here,
    settle: () => Promise.resolve(),
    isThere: () => true,
    leaving: () => (isLeaving ? leaving.promise : undefined),
  })
  const local: LocalActors = {
    call: () => Promise.reject(noSuchActor('"log"', false)),
    cast: () => {
      if (thrown !== undefined) throw thrown
    },
    monitor: () => () => {},
  }
  const nothing = () => Promise.reject(noSuchActor('"log"', false))
  const host = { call: nothing, cast: () => {}, monitor: () => () => {}, stop: nothing, start: nothing, move: nothing }
  const remote = new Remote(port, host)
  const names = { find: () => here, onNews: () => () => {} }
  const actors = new ElsewhereActors({ port, remote, names, local, lanes })
  const leave = async () => {
    isLeaving = false
    leaving.resolve()
    await settled()
  }
  const reasons = () => telemetry.named('foundation.message-dropped').map(({ metadata }) => metadata.reason)
  return { cast: () => actors.cast(at, { name: 'note', input: 1 }), leave, reasons }
}

test('a cast that finds no room in the line of a name is told as that, not as one to nobody', () => {
  const { cast, reasons } = world()
  for (let i = 0; i < lineMax; i++) cast()
  expect(reasons()).toEqual([])
  cast()
  expect(reasons()).toEqual(['mailbox-full'])
})

test('so is one that has waited and finds a mailbox that is full, and one that finds nobody is told as that', async () => {
  const full = world(mailboxFull('"log"', 1))
  full.cast()
  await full.leave()
  expect(full.reasons()).toEqual(['mailbox-full'])
  const gone = world(noSuchActor('"log"', false))
  gone.cast()
  await gone.leave()
  expect(gone.reasons()).toEqual(['no-such-actor'])
})
