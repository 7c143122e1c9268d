/** One engine seen by several nodes, each through a view of its own that loses messages and answers, and can be cut off. */

import { type Clock, delay } from '../clock.ts'
import type { Engine, EngineMessage } from '../engine/engine.ts'
import type { KeyedState } from '../engine/keyed-state.ts'
import { engineUnavailable } from '../errors/engine-errors.ts'
import type { Random } from '../random.ts'

export interface FaultyNetwork {
  /** Of messages whether one is lost. */
  loses: (message: { readonly from: number; readonly to: number; readonly subject: string }) => boolean
  /** How an operation on keyed state goes wrong, if it does. */
  fault: (node: number) => 'none' | 'not-done' | 'done' | 'late'
  /** An engine with a bug: an update writes over whatever there is. */
  ignoresRevisions: boolean
  view(node: number): Engine
}

/** Without faults until `loses` and `fault` are set. Operations on keyed state take some milliseconds. */
export function faultyNetwork(engine: Engine, clock: Clock, random: Random): FaultyNetwork {
  const network: FaultyNetwork = { loses: () => false, fault: () => 'none', ignoresRevisions: false, view }
  return network

  function view(node: number): Engine {
    return {
      name: 'faulty',
      native: undefined,
      publish(subject, body) {
        const marked = new Uint8Array(body.length + 1)
        marked[0] = node
        marked.set(body, 1)
        engine.publish(subject, marked)
      },
      subscribe: (subject, onMessage, options) =>
        engine.subscribe(subject, (message) => heard(node, message, onMessage), options),
      request: (subject, body, options) => engine.request(subject, body, options),
      state: async (name, options) => faultyState(await engine.state(name, options), node),
      queue: (name, options) => engine.queue(name, options),
      blobs: (name) => engine.blobs(name),
      status: 'connected',
      onStatus: (listener) => engine.onStatus(listener),
      stores: () => engine.stores(),
      removeStore: (store) => engine.removeStore(store),
      pulse: (options) => engine.pulse(options),
      close: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }
  }

  function heard(to: number, message: EngineMessage, onMessage: (message: EngineMessage) => void): void {
    const { subject, body, isRequest } = message
    if (network.loses({ from: body[0] ?? 0, to, subject })) return
    onMessage({ subject, body: body.slice(1), isRequest, respond: (answer) => message.respond(answer) })
  }

  function faultyState(state: KeyedState, node: number): KeyedState {
    const faulty = async <T>(doing: string, run: () => Promise<T>): Promise<T> => {
      await delay(clock, 1 + random.int(5))
      const fault = network.fault(node)
      if (fault === 'none' || fault === 'done') {
        const result = await run()
        await delay(clock, random.int(5))
        if (fault === 'none') return result
      }
      // Nobody waits for it: what goes wrong then is nobody's business.
      if (fault === 'late')
        delay(clock, random.int(60))
          .then(run)
          .catch(() => undefined)
      throw engineUnavailable('faulty', doing)
    }
    return {
      name: state.name,
      get: (key) => faulty('reading', () => state.get(key)),
      create: (key, value) => faulty('creating', () => state.create(key, value)),
      update: (key, value, revision) =>
        faulty('updating', () =>
          network.ignoresRevisions ? state.put(key, value) : state.update(key, value, revision),
        ),
      put: (key, value) => faulty('writing', () => state.put(key, value)),
      delete: (key, revision) => faulty('deleting', () => state.delete(key, revision)),
      watch: (pattern, onChange) => state.watch(pattern, onChange),
    }
  }
}
