/** Nodes in processes of their own on one engine, which meet and are put into trouble. */

import { type NodeProcess, nodeProcess } from '@mabeam/foundation/testing'
import { meetingPlace } from '../meeting-place.ts'
import { until } from '../until.ts'
import type { Called, Calling, Running, TroubledNode, TroubledStart } from './troubled-node.ts'

const module = new URL('./troubled-node.ts', import.meta.url)

export type Troubled = NodeProcess<TroubledNode>

/** Disposing kills all. */
export class TroubledNodes implements AsyncDisposable {
  readonly engine: TroubledStart['engine']
  readonly where: readonly string[]
  /** Where the placed actor began to run, in the order in which that was told. */
  readonly runs: Running[] = []
  readonly #all: Troubled[] = []
  readonly #owned = new AsyncDisposableStack()

  private constructor(engine: TroubledStart['engine'], where: readonly string[], owned: AsyncDisposableStack) {
    this.engine = engine
    this.where = where
    this.#owned = owned
  }

  static async open(engine: TroubledStart['engine']): Promise<TroubledNodes> {
    const owned = new AsyncDisposableStack()
    return new TroubledNodes(engine, await meetingPlace(engine, owned), owned)
  }

  /** Started together; each sees all. */
  async start(names: readonly string[], more: Partial<TroubledStart> = {}): Promise<readonly Troubled[]> {
    const nodes = await Promise.all(names.map((name) => this.add(name, more)))
    await this.meet()
    return nodes
  }

  /** One that may be refused. */
  async process(name: string): Promise<Troubled> {
    const one = await nodeProcess<TroubledNode>({ module, name })
    one.onReport((what) => this.runs.push(what as Running))
    this.#all.push(one)
    return one
  }

  async add(name: string, more: Partial<TroubledStart> = {}): Promise<Troubled> {
    const one = await this.process(name)
    const { code, sentence } = await one.ask('start', { engine: this.engine, where: this.where, ...more })
    if (code !== undefined) throw new Error(`${name} did not start: ${code}: ${sentence}`)
    return one
  }

  /** Each of those that run sees all of them alive, and nobody else. */
  async meet(): Promise<void> {
    const running = this.#all.filter(({ end }) => end === undefined)
    const names = running.map(({ name }) => name).sort()
    await until(async () => {
      const seen = await Promise.all(running.map((one) => one.ask('members', undefined)))
      return seen.every((members) => names.every((name) => members[name] === 'alive'))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((one) => one.kill()))
    await this.#owned[Symbol.asyncDispose]()
  }
}

/** A call, with time enough for its answer. */
export async function call(from: Troubled, what: Partial<Calling> & Pick<Calling, 'actor'>): Promise<Called> {
  const calling = { call: 'add', input: 1, timeoutMs: 20_000, ...what } as const
  return await from.ask('call', calling, { timeoutMs: calling.timeoutMs + 30_000 })
}

/** Of counts by name, those whose name begins with the word, summed. */
export async function sumOf(one: Troubled, word: string): Promise<number> {
  const counts = await one.ask('counts', undefined)
  return Object.entries(counts).reduce((sum, [name, count]) => sum + (name.startsWith(word) ? count : 0), 0)
}
