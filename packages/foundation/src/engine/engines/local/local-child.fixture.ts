/** A process with an engine `local` of its own, that does what it is told over its channel and tells what became of it. */

import { existsSync } from 'node:fs'
import { systemClock } from '../../../clock.ts'
import { hasCode, isMabeamError } from '../../../errors.ts'
import { seededRandom } from '../../../random.ts'
import type { Engine } from '../../engine.ts'
import { local } from '../local.ts'

/** What a child is told. */
export type ToChild =
  | { readonly do: 'work' }
  | { readonly do: 'stop-working' }
  | { readonly do: 'pulse' }
  /** Until there is a file of that path. */
  | { readonly do: 'block'; readonly until: string }
  | { readonly do: 'drain' }
  | { readonly do: 'close' }

/** What a child tells. */
export type FromChild =
  | { readonly type: 'open' }
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'event'; readonly name: string }
  /** The engine acknowledged a write of the child's own key, or a push. */
  | { readonly type: 'put'; readonly count: number; readonly revision: number }
  | { readonly type: 'pushed'; readonly id: string }
  | { readonly type: 'done' }
  | { readonly type: 'blocking' }
  | { readonly type: 'drained'; readonly ids: readonly string[] }

const [name = '', options = '{}'] = process.argv.slice(2)
const tell = (message: FromChild) => process.send?.(message)
const working = { isOn: false }

async function run(): Promise<void> {
  const telemetry = {
    enabled: true,
    emit: (event: { readonly name: string }) => void tell({ type: 'event', name: event.name }),
  }
  const port = { system: 'test', name, clock: systemClock, random: seededRandom(name), telemetry }
  let engine: Engine
  try {
    engine = await local(JSON.parse(options))(port)
  } catch (thrown) {
    tell({ type: 'refused', code: isMabeamError(thrown) ? thrown.code : String(thrown) })
    return
  }
  process.on('message', (message: ToChild) => void act(engine, message))
  tell({ type: 'open' })
}

async function act(engine: Engine, message: ToChild): Promise<void> {
  if (message.do === 'work') await work(engine)
  else if (message.do === 'stop-working') working.isOn = false
  else if (message.do === 'pulse') {
    await engine.pulse({ beats: `beats.${name}`, probes: `probes.${name}`, everyMs: 50 })
    tell({ type: 'done' })
  } else if (message.do === 'block') {
    tell({ type: 'blocking' })
    // As a program that computes: nothing of this thread goes on.
    while (!existsSync(message.until));
    tell({ type: 'done' })
  } else if (message.do === 'drain') await drain(engine)
  else {
    await engine.close()
    process.disconnect()
  }
}

/** Writes and pushes, one after the other, and tells of each only when it was acknowledged. */
async function work(engine: Engine): Promise<void> {
  working.isOn = true
  const state = await engine.state('counts')
  const queue = await engine.queue('tasks')
  for (let count = 1; working.isOn; count++) {
    const id = `${name}-${count}`
    try {
      tell({ type: 'put', count, revision: await state.put(name, new TextEncoder().encode(String(count))) })
      await queue.push(new TextEncoder().encode(id), { id })
      tell({ type: 'pushed', id })
    } catch (thrown) {
      // It may or may not have happened: nothing is told.
      if (!hasCode(thrown, 'foundation/engine-unavailable')) throw thrown
    }
  }
  tell({ type: 'done' })
}

async function drain(engine: Engine): Promise<void> {
  const queue = await engine.queue('tasks')
  const ids: string[] = []
  for (
    let taken = await queue.pull(500, { waitMs: 0 });
    taken.length > 0;
    taken = await queue.pull(500, { waitMs: 0 })
  ) {
    ids.push(...taken.map((one) => one.id))
    await Promise.all(taken.map((one) => one.ack()))
  }
  tell({ type: 'drained', ids })
}

await run()
