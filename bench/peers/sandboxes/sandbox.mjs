/**
 * What others run code of strangers in: `sandbox.mjs WHO MEASURE_MS STARTS AT_ONCE STOPS ENDLESS`; see `bench/programs/sandbox-work.ts`.
 *
 * `quickjs` is the QuickJS that ours is made of, by itself: one WebAssembly module for all, in the thread of its caller, which waits for it. One
 * that takes the module's memory takes that of all. `node-vm` is a context of `node:vm`: another global object, no border; code gets out by
 * any function it is given, and an endless chain of promises is never stopped. `worker` is a thread with an isolate of its own: what is
 * endless is stopped where V8 looks for it, but code has files, network and process as its owner has. `isolated-vm` is an isolate of V8 without Node in it, in this process:
 * a border like ours that holds while V8 has no fault, compiled code; it needs a native module and --no-node-snapshot.
 */

import { readFileSync } from 'node:fs'
import vm from 'node:vm'
import { Worker } from 'node:worker_threads'
import { countsOf, limitMs, memoryMiB, sandboxFigures } from '../../programs/sandbox-work.ts'

const [who, ...args] = process.argv.slice(2)
const add = (a, b) => a + b

const kinds = {
  async quickjs() {
    const { newQuickJSWASMModuleFromVariant } = await import('quickjs-emscripten-core')
    const { default: variant } = await import('@jitl/quickjs-ng-wasmfile-release-sync')
    const module = await newQuickJSWASMModuleFromVariant(variant)
    return { version: versionOf('quickjs-emscripten-core'), ...quickjs(module) }
  },
  'node-vm': () => ({
    version: `of Node ${process.versions.node}`,
    open() {
      const context = vm.createContext({ add })
      return { run: async (code) => plain(await vm.runInContext(code, context)), close() {} }
    },
    async stop(code) {
      const context = vm.createContext({})
      return await lateOf(async () => vm.runInContext(code, context, { timeout: limitMs }))
    },
  }),
  worker: () => ({
    version: `of Node ${process.versions.node}`,
    open: () => new Thread(),
    stop: stopThread,
    stops: ['Loop', 'Await', 'Regexp'],
  }),
  async 'isolated-vm'() {
    const { default: ivm } = await import('isolated-vm')
    return { version: versionOf('isolated-vm'), ...isolates(ivm) }
  },
}

/** Text of JSON goes over the border, as ours does. */
function quickjs(module) {
  const opened = (deadlineMs) => {
    const runtime = module.newRuntime({ maxStackSizeBytes: 256 * 1024, memoryLimitBytes: memoryMiB * 2 ** 20 })
    if (deadlineMs) runtime.setInterruptHandler(() => performance.now() > deadlineMs)
    const context = runtime.newContext()
    const host = context.newFunction('add', (a, b) => context.newNumber(context.getNumber(a) + context.getNumber(b)))
    context.setProp(context.global, 'add', host)
    host.dispose()
    return { runtime, context }
  }
  const run = ({ runtime, context }, code) => {
    const result = context.unwrapResult(context.evalCode(code))
    runtime.executePendingJobs().dispose?.()
    const state = context.getPromiseState(result)
    const value = context.dump(state.type === 'fulfilled' ? state.value : result)
    if (state.type === 'fulfilled' && !state.notAPromise) state.value.dispose()
    result.dispose()
    return value
  }
  return {
    open() {
      const own = opened()
      const close = () => {
        own.context.dispose()
        own.runtime.dispose()
      }
      return { run: (code) => run(own, code), close }
    },
    async stop(code) {
      const own = opened(performance.now() + limitMs)
      return await lateOf(async () => run(own, code))
    },
    stops: ['Loop', 'Regexp'],
  }
}

const threadSource = `
const { parentPort } = require('node:worker_threads')
const answers = new Map()
let calls = 0
globalThis.add = (...given) => new Promise((resolve) => {
  answers.set(++calls, resolve)
  parentPort.postMessage({ call: calls, given })
})
parentPort.on('message', async ({ code, call, value }) => {
  if (code === undefined) return void (answers.get(call)(value), answers.delete(call))
  parentPort.postMessage({ value: await (0, eval)(code) })
})`

class Thread {
  #worker = new Worker(threadSource, { eval: true, resourceLimits: { maxOldGenerationSizeMb: memoryMiB } })
  #give

  constructor() {
    this.#worker.on('message', ({ call, given, value }) => {
      if (call === undefined) this.#give(value)
      else this.#worker.postMessage({ call, value: add(...given) })
    })
  }

  run(code) {
    return new Promise((resolve) => {
      this.#give = resolve
      this.#worker.postMessage({ code })
    })
  }

  close() {
    return this.#worker.terminate()
  }
}

async function stopThread(code) {
  const thread = new Thread()
  await thread.run('1')
  const startMs = performance.now()
  thread.run(code)
  await new Promise((resolve) => setTimeout(resolve, limitMs))
  await thread.close()
  return performance.now() - startMs
}

function isolates(ivm) {
  const opened = async () => {
    const isolate = new ivm.Isolate({ memoryLimit: memoryMiB })
    const context = await isolate.createContext()
    await context.global.set('add', new ivm.Callback(add))
    return { isolate, context }
  }
  return {
    async open() {
      const { isolate, context } = await opened()
      return { run: (code) => context.eval(code, { promise: true, copy: true }), close: () => isolate.dispose() }
    },
    async stop(code) {
      const { context } = await opened()
      await context.eval('1')
      return await lateOf(() => context.eval(code, { timeout: limitMs }))
    },
    stops: ['Loop', 'Regexp'],
  }
}

/** Milliseconds until it failed. */
async function lateOf(run) {
  const startMs = performance.now()
  const ended = await run().then(
    () => true,
    () => false,
  )
  if (ended) throw new Error('expected that it was stopped')
  return performance.now() - startMs
}

function plain(value) {
  return JSON.parse(JSON.stringify(value))
}

function versionOf(name) {
  const folder = name === 'isolated-vm' ? './' : '../../../'
  return JSON.parse(readFileSync(new URL(`${folder}node_modules/${name}/package.json`, import.meta.url), 'utf8'))
    .version
}

const { version, ...kind } = await kinds[who]()
const figures = await sandboxFigures(kind, countsOf(args))
process.stdout.write(`${JSON.stringify({ version, ...figures })}\n`)
// A loop that was left behind in a thread of V8 would keep the process.
process.exit()
