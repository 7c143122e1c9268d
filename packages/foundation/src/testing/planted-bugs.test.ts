/**
 * Bugs planted in the source itself, one line each, and the laws that notice them. Others are planted in what the laws are given:
 * see the tests named `planted bugs` and `notices` beside `supervisor-step`, `drain-step`, `mailbox`, `session-step`, `placement`,
 * `cells`, `membership-step` and the engine contract.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { PlantedBug, PlantedVerdict } from './planted-bug.fixture.ts'
import { plantedPrograms } from './planted-programs.fixture.ts'

const bugs: { readonly [bug: string]: PlantedBug } = {
  'no check of the fencing token': {
    file: 'cells/strong-step.ts',
    find: 'token !== undefined && entry.token !== undefined && token < entry.token',
    put: 'false',
    program: 'singleton',
    says: 'effect(',
  },
  'a lease that is not renewed': {
    file: 'leases/session-step.ts',
    find: 'const dueMs = askedMs + renewMs',
    put: 'const dueMs = Number.POSITIVE_INFINITY',
    program: 'shards without faults',
    says: 'is missing',
  },
  'a monitor lost with a node that was silent for a while': {
    file: 'remote/remote.ts',
    find: 'this.#incoming.nodeIsSilent(node, epoch)',
    put: 'this.#incoming.nodeIsGone(node, epoch)',
    program: 'calls',
    says: 'was never told',
  },
  'a call left without an answer by a node that closes': {
    file: 'remote/remote.ts',
    find: 'await this.#subscription?.drain()',
    put: 'await this.#subscription?.[Symbol.asyncDispose]()',
    program: 'nodes that leave one by one',
    says: 'a call was lost: foundation/node-down',
  },
  'an answer given up when its node has left': {
    file: 'remote/outgoing.ts',
    find: "if (end === 'left') one",
    put: 'if (false) one',
    program: 'nodes that leave one by one',
    says: 'a call was lost: foundation/node-down',
  },
  'a child restarted twice': {
    file: 'supervision/supervisor-step.ts',
    find: "...starts.map((one) => ({ type: 'child-start', childId: one.id }) as const),",
    put: "...[...starts, ...starts].map((one) => ({ type: 'child-start', childId: one.id }) as const),",
    program: 'supervisor contract',
    says: 'a child is only started while it does not run',
  },
  'an old value kept in a cache': {
    file: 'cache/cache.ts',
    find: 'if (!isOld && !wanted.isOld) this.values.set',
    put: 'this.values.set',
    program: 'cache over bad links',
    says: 'was told to all',
  },
  'calls that overtake each other': {
    file: 'remote/arrival-order.ts',
    find: "? 'late' : 'doubled'",
    put: "? 'taken' : 'doubled'",
    program: 'calls in disorder',
    says: 'executed call',
  },
  'control that waits for its turn among the others': {
    file: 'channels/drain-step.ts',
    find: '(others === 0 || state.controlRun < controlRunMax)',
    put: 'others === 0',
    program: 'control first',
    says: 'went before control',
  },
  'a timer that outlives its actor': {
    file: 'actors/actor-timers.ts',
    find: 'for (const timer of this.#timers.values()) timer.cancel?.()\n    this.#timers.clear()',
    put: '',
    program: 'actor contract',
    says: 'a timer never fires after its actor ended',
  },
  'a mailbox that holds one over its bound': {
    file: 'actors/mailbox.ts',
    find: 'if (this.#outside === undefined && this.size < this.capacity) {',
    put: 'if (this.#outside === undefined && this.size <= this.capacity) {',
    program: 'mailbox contract',
    says: 'give back the one past the limit',
  },
  'gossip that drops deltas': {
    file: 'cells/gossip.ts',
    find: "if (heard?.type === 'states') for",
    put: "if (heard?.type === 'states' && heard.states.length > 1) for",
    program: 'convergence',
    says: 'replicas differ',
  },
  'a promise that is resolved twice': {
    file: 'actors/call-message.ts',
    find: 'this.done = true\n    if (this.extras !== undefined) this.extras.release()\n    this.resolve?.(reply)',
    put: 'this.resolve?.(reply)',
    program: 'outcomes of a call',
    says: 'a call had 3 outcomes',
  },
  'a name given back by who did not get it': {
    file: 'node/system-actors.ts',
    find: "if (this.#actors.has(name) || claims.standing(name) !== 'free') throw nameTaken(name)",
    put: '',
    program: 'names',
    says: 'there is no such actor',
  },
  'a name never given back after an outage': {
    file: 'directory/directory-records.ts',
    find: 'if (!(await this.#removeQuietly(record))) this.#leftovers.add(record.key)',
    put: 'await this.#removeQuietly(record)',
    program: 'names while the engine is away',
    says: 'runs already',
  },
  'what is handed over dropped when the engine is away': {
    file: 'placement/place-runner.ts',
    find: 'if (isMabeamError(thrown) && thrown.retryable) await delay(clock, releaseAgainMs)',
    put: 'if (isMabeamError(thrown)) break',
    program: 'shards of nodes that leave',
    says: 'is missing',
  },
  'what is handed over not taken up': {
    file: 'node/place-host.ts',
    find: 'saved === undefined || definition.load === undefined',
    put: 'true',
    program: 'shards',
    says: 'not with what was handed over',
  },
  'a write cut short by closing told as undone': {
    file: 'cells/strong-cell.ts',
    find: 'throw doubt === undefined ? closed : outcomeUnknown(cell, doubt.writer, closed)',
    put: 'throw closed',
    program: 'a singleton of nodes that leave',
    says: 'nothing explains',
  },
  'a watch of a life that was never heard of': {
    file: 'remote/remote.ts',
    find: 'one.epoch < byEpoch) this.#fire',
    put: 'one.epoch < 0) this.#fire',
    program: 'a watch of a life that is over',
    says: 'was never told',
  },
  'a task acknowledged before it is done': {
    file: 'queue/queue-worker.ts',
    find: 'await untilAborted(',
    put: 'await delivery.ack()\n      await untilAborted(',
    program: 'queue',
    says: 'tasks were never done',
  },
}

const fixture = fileURLToPath(new URL('planted-bug.fixture.ts', import.meta.url))

async function planted(bug: PlantedBug): Promise<PlantedVerdict> {
  const args = ['--conditions=mabeam-source', fixture, JSON.stringify(bug)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

describe('the laws notice', () => {
  for (const [name, bug] of Object.entries(bugs)) {
    test(`${name}, and hold without`, async () => {
      const { failure, seed } = await planted(bug)
      expect(failure).toContain(bug.says)
      expect(await plantedPrograms[bug.program]?.(seed)).toBeUndefined()
    })
  }
})

describe('a bug that is planted', () => {
  const find = 'if (this.#outside === undefined && this.size < this.capacity) {'
  const line = { file: 'actors/mailbox.ts', program: 'mailbox contract', says: '', find, put: find }

  test('must have its line in the source, and once', async () => {
    await expect(planted({ ...line, find: 'no such line' })).rejects.toThrow('once, got it 0 times')
    await expect(planted({ ...line, find: 'this.size' })).rejects.toThrow('times')
  })

  test('is what the laws notice: the same line in its place is no bug', async () => {
    expect((await planted(line)).failure).toBeUndefined()
  })
})
