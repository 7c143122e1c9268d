/** One node of the runs with faults, as a process of its own: it works all the time and writes down what it does and sees. */

import { nats } from '@mabeam/engine-nats'
import {
  type ActorRef,
  type Cells,
  defineActor,
  delay,
  effect,
  isMabeamError,
  type Node,
  type Random,
  type StrongCell,
  seededRandom,
  startNode,
  systemClock,
  type Telemetry,
  withEffects,
} from '@mabeam/foundation'
import { historyRecorder, testedProcess } from '@mabeam/foundation/testing'

/** What a node is told when it starts. */
export interface FaultyNodeStart {
  readonly servers: readonly string[]
  readonly seed: number
  /** A bug that the verdict of the run has to find. */
  readonly plant?: PlantedBug | undefined
}

/** Tasks that are told done and were not; reads of strong cells that give what was last heard. */
export type PlantedBug = 'lost-tasks' | 'stale-reads'

/** What a node holds and sees, once all is quiet. */
export interface FaultyNodeView {
  readonly members: readonly string[]
  /** Whom the directory names for each name: node and life. */
  readonly owners: { readonly [name: string]: string }
  /** Names whose actors run here. */
  readonly running: readonly string[]
  /** Whether the singleton runs here. */
  readonly holds: boolean
  /** Eventual cells. */
  readonly eventual: unknown
  readonly tasks: { readonly waiting: number; readonly underWay: number; readonly dead: number }
}

/** Told as it happens. */
export type FaultyNodeReport =
  /** An effect of the singleton on something outside, which checks tokens. */
  | { readonly type: 'effect'; readonly process: string; readonly token: number }
  | { readonly type: 'fault'; readonly sentence: string }
  | { readonly type: 'note'; readonly sentence: string }

const names = ['ann', 'bob', 'cem', 'dee']
const clock = systemClock
const record = historyRecorder()

let node: Node
let random: Random
let plant: PlantedBug | undefined
let isStopping = false
/** What is being done now. */
const underWay = new Set<{ readonly what: string; readonly atMs: number }>()
/** Loops that end when they are told to stop. */
const loops: Promise<void>[] = []

const Named = defineActor(import.meta.url, { name: 'named', version: 1, init: (where: string) => where })

const Ledger = defineActor(import.meta.url, {
  name: 'ledger',
  version: 1,
  init: (guarded: StrongCell<number>, { fence = 0, signal }) => {
    record.happened({ client: `claim-${fence}`, op: 'claim', key: 'ledger' }, { token: fence })
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    void record.during({ client: `hold-${fence}`, op: 'hold', key: 'ledger' }, () => ended)
    return withEffects({ guarded }, [effect.startTimer('act', { delayMs: 200, cast: 'act', repeat: true })])
  },
  casts: {
    act: {
      run: async (state, _: undefined, { fence = 0 }) => {
        const client = `claim-${fence}`
        tell({ type: 'effect', process: `${record.process}/${client}`, token: fence })
        const what = { client, op: 'effect', key: 'guarded', input: { token: fence } }
        await tried('effect', () => record.during(what, () => state.guarded.set(fence, { token: fence }), cellOutcome))
        return state
      },
    },
  },
})

const self = testedProcess({
  start: async ({ servers, seed, plant: planted }: FaultyNodeStart) => {
    plant = planted
    random = seededRandom(seed).fork(record.process)
    // Servers are killed while nodes start: it is tried again, as a supervisor of processes would.
    node = await again(() =>
      startNode({ engine: nats({ servers, connectTimeoutMs: 10_000 }), system: 'faults', name: self.name, telemetry }),
    )
    const cells = await again(() => node.cells())
    const guarded = await again(() => cells.strong('guarded', { initial: 0, fenced: true }))
    await again(() => node.place(Ledger, guarded, { name: 'ledger', strategy: 'singleton' }))
    const tasks = await again(() => node.queue<string>('tasks', queueOptions))
    tasks.work(
      async ({ id, signal }) => {
        await delay(clock, random.int(300), signal)
        if (plant === 'lost-tasks' && random.int(50) === 0) return
        record.happened({ client: `task-${id}`, op: 'done', key: id })
      },
      { concurrency: 4 },
    )
    for (const loop of [pushing, naming, looking]) loops.push(loop())
    for (const client of ['cell-1', 'cell-2']) loops.push(usingStrong(cells, client))
    loops.push(usingEventual(cells))
  },
  /** Nothing new from now on; resolves when that has ended, or after `timeoutMs`, with what has been under way for as long. */
  stop: async (timeoutMs: number): Promise<readonly string[]> => {
    isStopping = true
    await Promise.race([Promise.all(loops), delay(clock, timeoutMs)])
    const nowMs = clock.monotonicMs()
    // The singleton goes on: what it is at now may end in time.
    const hanging = [...underWay].filter(({ atMs }) => nowMs - atMs >= timeoutMs)
    return hanging.map(({ what, atMs }) => `${what} for ${Math.round(nowMs - atMs)} ms`)
  },
  view: async (): Promise<FaultyNodeView> => {
    const cells = await node.cells()
    const directory = await node.directory()
    const owners = names.flatMap((name) => {
      const at = directory.lookup(name)
      return at === undefined ? [] : [[name, `${at.node}/${at.epoch}`] as const]
    })
    const [counter, set, register] = [cells.counter('visits'), cells.set<number>('online'), cells.register('last')]
    const { waiting, underWay, dead } = await (await node.queue<string>('tasks', queueOptions)).stats()
    return {
      members: (await node.membership())
        .members()
        .filter((one) => one.status === 'alive')
        .map((one) => one.name)
        .sort(),
      owners: Object.fromEntries(owners),
      running: names.filter((name) => node.find(Named, name) !== undefined),
      holds: node.find(Ledger, 'ledger') !== undefined,
      eventual: [counter.value(), [...set.value()].sort(), register.value()],
      tasks: { waiting, underWay, dead },
    }
  },
  close: () => node.close(),
})

export type FaultyNode = {
  start(start: FaultyNodeStart): Promise<void>
  stop(timeoutMs: number): Promise<readonly string[]>
  view(input: undefined): Promise<FaultyNodeView>
  close(input: undefined): Promise<void>
}

/** A node that dies takes an attempt of each of its tasks with it. */
const queueOptions = { ackWaitMs: 4_000, deliveriesMax: 1_000 }

process.on('uncaughtException', (thrown) => tell({ type: 'fault', sentence: String(thrown.stack ?? thrown) }))

/** What explains who lost what. */
const told = /session|place-failed|node-replaced|connection-|engine-|pulse|watch-lost|member-changed/

const telemetry: Telemetry = {
  enabled: true,
  emit: ({ name, metadata, measurements }) => {
    if (!told.test(name.replace(/^[^.]*\./, ''))) return
    tell({ type: 'note', sentence: `${name} ${JSON.stringify({ ...metadata, ...measurements })}` })
  },
}

function tell(report: FaultyNodeReport): void {
  self.report(report)
}

async function pushing(): Promise<void> {
  const queue = await again(() => node.queue<string>('tasks', queueOptions))
  for (let n = 0; !isStopping; n++) {
    await delay(clock, random.int(400))
    const id = `${record.process.replaceAll('.', '-')}-${n}`
    await tried('push', () => record.during({ client: 'push', op: 'push', key: id }, () => queue.push(id, { id })))
  }
}

/** Takes a name that is free, and gives it back or leaves it to its death. */
async function naming(): Promise<void> {
  const directory = await again(() => node.directory())
  while (!isStopping) {
    await delay(clock, random.int(3_000))
    const name = names[random.int(names.length)] as string
    const own = { client: 'own', op: 'own', key: name, input: { owner: `${node.name}/${node.epoch}` } }
    let ref: ActorRef<typeof Named> | undefined
    await tried(`own ${name}`, () =>
      record.during(own, async () => {
        ref = await node.spawn(Named, node.name, { name, scope: 'system' })
        const kept = await directory.records.getFresh(`name.${name}`)
        const isOurs = kept?.node === node.name && kept.epoch === node.epoch
        return isOurs ? { epoch: kept.revision } : undefined
      }),
    )
    if (ref === undefined || random.int(3) === 0) continue
    await delay(clock, random.int(5_000))
    const taken = ref
    await tried(`stop ${name}`, () => node.stop(taken))
  }
}

/** Looks names up, as anybody may. */
async function looking(): Promise<void> {
  const directory = await again(() => node.directory())
  while (!isStopping) {
    await delay(clock, random.int(1_000))
    const name = names[random.int(names.length)] as string
    await tried(`see ${name}`, () =>
      record.during({ client: 'see', op: 'see', key: name }, async () => {
        const kept = await directory.records.getFresh(`name.${name}`)
        return kept === undefined ? null : { owner: `${kept.node}/${kept.epoch}`, epoch: kept.revision }
      }),
    )
  }
}

/** Clients of strong cells. Each cell is used for some seconds, so that its history stays short enough to be judged. */
async function usingStrong(cells: Cells, client: string): Promise<void> {
  let last: { readonly key: string; readonly value: string | undefined; readonly version: number } | undefined
  for (let n = 0; !isStopping; n++) {
    await delay(clock, random.int(800))
    const key = `cell-${Math.floor(Number(process.hrtime.bigint()) / 20e9)}`
    const next = `${record.process}-${client}-${n}`
    const op = last?.key === key ? ['read', 'read', 'write', 'cas'][random.int(4)] : 'read'
    await tried(`${op} ${key}`, async () => {
      const cell = await cells.strong<string | null>(key, { initial: null })
      if (op === 'read') {
        await record.during(
          { client, op, key },
          async () => {
            const { value, version } = plant === 'stale-reads' ? cell.get() : await cell.read()
            last = { key, value: value ?? undefined, version }
            return value ?? undefined
          },
          cellOutcome,
        )
      } else if (op === 'write') {
        await record.during({ client, op, key, input: next }, () => cell.set(next).then(() => undefined), cellOutcome)
      } else if (last !== undefined) {
        // Values are never written twice, so that a version stands for its value.
        const { value, version } = last
        const input = { ...(value !== undefined && { expected: value }), next }
        await record.during(
          { client, op: 'cas', key, input },
          async () => (await cell.compareAndSet(version, next)).type === 'written',
          cellOutcome,
        )
      }
    })
  }
}

async function usingEventual(cells: Cells): Promise<void> {
  const [counter, set, register] = [cells.counter('visits'), cells.set<number>('online'), cells.register('last')]
  while (!isStopping) {
    await delay(clock, random.int(500))
    await tried('eventual', async () => {
      counter.add(random.int(5))
      const element = random.int(8)
      if (random.int(2) === 0) set.add(element)
      else set.delete(element)
      register.set(`${record.process}-${random.int(1_000)}`)
    })
  }
}

/** All other errors of a cell say that nothing was written, which the checker holds them to. */
function cellOutcome(thrown: unknown): 'fail' | 'unknown' {
  return isMabeamError(thrown) && thrown.code !== 'foundation/outcome-unknown' ? 'fail' : 'unknown'
}

/** What is refused, or fails because of a fault, is part of the run; anything else is a bug. */
async function tried(what: string, run: () => Promise<unknown>): Promise<void> {
  const atMs = clock.monotonicMs()
  const one = { what, atMs }
  underWay.add(one)
  try {
    await run()
  } catch (thrown) {
    if (!isMabeamError(thrown)) tell({ type: 'fault', sentence: String((thrown as Error).stack ?? thrown) })
  } finally {
    underWay.delete(one)
  }
}

async function again<T>(run: () => Promise<T>): Promise<T> {
  const one = { what: `start ${run}`, atMs: clock.monotonicMs() }
  underWay.add(one)
  for (;;) {
    try {
      const opened = await run()
      underWay.delete(one)
      return opened
    } catch (thrown) {
      if (!isMabeamError(thrown)) throw thrown
      if (!thrown.retryable) tell({ type: 'fault', sentence: `${thrown.code}: ${thrown.message}` })
      await delay(clock, 200)
    }
  }
}
