/**
 * A singleton that writes to a fenced strong cell, and readers of that cell on every node. It breaks when a write under a
 * lower token was taken after one under a higher, when two holders shared a token, when the cell is not linearizable, and
 * when not exactly one holder is left in the end or a node does not find it.
 */

import assert from 'node:assert/strict'
import { defineActor } from '../../actors/actor.ts'
import { effect, withEffects } from '../../actors/effect.ts'
import type { StrongCell } from '../../cells/strong-cell.ts'
import { delay } from '../../clock.ts'
import { isMabeamError } from '../../errors.ts'
import { checkFencing } from '../checkers/fencing.ts'
import { checkLinearizable, type SequentialModel } from '../checkers/linearizability.ts'
import type { Operation } from '../checkers/operation.ts'
import type { Simulation } from '../sim/simulation.ts'
import { type LivingNode, type MakePart, openedOn } from './node-scenario.ts'

export interface FencedSingletonOptions {
  /** Whether writes carry the token: how a bug is planted. @default true */
  readonly fencing?: boolean
}

interface Written {
  readonly version: number
  readonly token: number
}

const name = 'indexer'
const cellName = 'index'
/** What is under way when the history ends would be in it only in part. */
const untilMs = 42_000
const writeEveryMs = 300
const readEveryMs = 1_500
const callTimeoutMs = 5_000

/** Versions rise by one, and no token is lower than the one before. */
const model: SequentialModel = {
  initial: JSON.stringify({ version: 0, token: 0 } satisfies Written),
  step(text, { op, input, output, outcome }: Operation) {
    const { version, token } = JSON.parse(text) as Written
    if (op === 'read') return outcome === 'unknown' || JSON.stringify(output) === text ? text : undefined
    const given = (input as { readonly token: number }).token
    if (given < token) return outcome === 'unknown' ? text : undefined
    const next: Written = { version: version + 1, token: given }
    return outcome === 'ok' && output !== next.version ? undefined : JSON.stringify(next)
  },
}

/** @example nodeScenario([fencedSingleton()]) */
export function fencedSingleton(options: FencedSingletonOptions = {}): MakePart {
  const { fencing = true } = options
  return (sim) => {
    /** One write at a time of one holder, in order, as the history wants it. */
    const lines = new Map<string, Promise<void>>()
    const write = (living: LivingNode, cell: StrongCell<number>, token: number) => {
      if (sim.clock.monotonicMs() > untilMs) return Promise.resolve()
      const process = `${living.process}/${token}`
      const input = { token }
      const doing = () => recorded(sim, { process, op: 'effect', input }, () => cell.set(token, fencing ? input : {}))
      const line = (lines.get(process) ?? Promise.resolve()).then(doing)
      lines.set(process, line)
      return line
    }
    const definition = writerDefinition(write)
    return {
      async run(living) {
        const { node, machine } = living
        const cells = await openedOn(living, () => node.cells())
        const cell = await openedOn(living, () => cells.strong<number>(cellName, { initial: 0, fenced: fencing }))
        await openedOn(living, () => node.place(definition, { living, cell }, { name, strategy: 'singleton' }))
        const random = machine.ports.random.fork('reader')
        const process = `${living.process}/reader`
        while (living.isCurrent && sim.clock.monotonicMs() < untilMs) {
          await delay(machine.ports.clock, random.int(2 * readEveryMs))
          await recorded(sim, { process, op: 'read', input: null }, async () => {
            const { version, value } = await cell.read()
            return { version, token: value } satisfies Written
          })
        }
      },
      async check(nodes) {
        checkHistory(sim)
        const holders = nodes.filter(({ node }) => node.find(definition, name) !== undefined)
        assert.equal(holders.length, 1, `${holders.length} hold the singleton in the end: ${holders.map(nameOf)}`)
        for (const { node } of nodes) {
          const at = await node.lookup(definition, name).call('where', undefined, { timeoutMs: callTimeoutMs })
          assert.equal(at, holders[0]?.node.name, `${node.name} is wrong about the holder`)
        }
      },
    }
  }
}

interface WriterArg {
  readonly living: LivingNode
  readonly cell: StrongCell<number>
}

function writerDefinition(write: (living: LivingNode, cell: StrongCell<number>, token: number) => Promise<void>) {
  return defineActor(import.meta.url, {
    name: 'writer',
    version: 1,
    init: (arg: WriterArg) =>
      withEffects(arg, [effect.startTimer('write', { delayMs: writeEveryMs, cast: 'write', repeat: true })]),
    calls: { where: { run: (arg, _: undefined) => [arg, arg.living.node.name] } },
    casts: {
      write: {
        run: async (arg, _: undefined, { fence }) => {
          await write(arg.living, arg.cell, fence as number)
          return arg
        },
      },
    },
  })
}

function checkHistory(sim: Simulation): void {
  const events = sim.history.events.filter((one) => one.key === cellName)
  assert.ok(
    events.some((one) => one.op === 'effect' && one.type === 'ok'),
    'the singleton never wrote',
  )
  const fenced = checkFencing(events.filter((one) => one.op === 'effect'))
  assert.ok(fenced.type === 'ok', fenced.type === 'ok' ? '' : fenced.reason)
  const verdict = checkLinearizable(events, { model, stepsMax: 100_000 })
  assert.ok(verdict.type !== 'violation', verdict.type === 'violation' ? verdict.reason : '')
}

async function recorded(
  sim: Simulation,
  event: { readonly process: string; readonly op: string; readonly input: unknown },
  doing: () => Promise<unknown>,
): Promise<void> {
  const whole = { ...event, key: cellName }
  sim.history.record({ ...whole, type: 'invoke' })
  try {
    const output = await doing()
    sim.history.record({ ...whole, type: 'ok', output })
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    // All other errors of a cell say that nothing was written, which the model holds them to.
    sim.history.record({ ...whole, type: thrown.code === 'foundation/outcome-unknown' ? 'unknown' : 'fail' })
  }
}

function nameOf({ node }: LivingNode): string {
  return node.name
}
