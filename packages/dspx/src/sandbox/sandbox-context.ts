/** QuickJS in this thread: one context that code runs in, one piece after the other. Used by the thread of a sandbox alone. */

import variant from '@jitl/quickjs-ng-wasmfile-release-sync'
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSDeferredPromise,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core'
import type { SandboxBirth, SandboxFault, SandboxOrder, SandboxReport } from './sandbox-message.ts'
import { sandboxPrelude } from './sandbox-prelude.ts'

/** Loads the WebAssembly and opens a context. Throws what QuickJS throws where a host function cannot be defined. */
export async function openSandboxContext(
  birth: SandboxBirth,
  report: (report: SandboxReport) => void,
): Promise<SandboxContext> {
  // QuickJS does not know how large in WebAssembly a block is that it was given, so that its own limit misses large ones.
  const pagesMax = Math.ceil(birth.memoryBytes / pageBytes)
  const wasmMemory = new WebAssembly.Memory({ initial: pagesMin, maximum: pagesMax })
  const limited = newVariant(variant as unknown as QuickJSSyncVariant, { wasmMemory: wasmMemory as never })
  const module = await newQuickJSWASMModuleFromVariant(limited)
  return new SandboxContext(module.newRuntime(), birth, report)
}

/** One context. */
export class SandboxContext {
  readonly #birth: SandboxBirth
  readonly #report: (report: SandboxReport) => void
  readonly #runtime: QuickJSRuntime
  readonly #context: QuickJSContext
  readonly #stop: Int32Array
  readonly #jsonOf: QuickJSHandle
  readonly #waiting = new Map<number, QuickJSDeferredPromise>()
  #calls = 0
  #callsInRun = 0
  #printed: string[] = []
  #printedChars = 0
  #printedOmitted = 0
  #open: OpenRun | undefined

  constructor(runtime: QuickJSRuntime, birth: SandboxBirth, report: (report: SandboxReport) => void) {
    this.#birth = birth
    this.#report = report
    this.#runtime = runtime
    this.#stop = new Int32Array(birth.stop)
    runtime.setMemoryLimit(birth.memoryBytes)
    runtime.setMaxStackSize(birth.stackBytes)
    runtime.setInterruptHandler(() => this.#isStopped())
    this.#context = runtime.newContext()
    this.#jsonOf = this.#prepare()
  }

  /** Carries an order out, and everything that can run after it. */
  take(order: SandboxOrder): void {
    if (order.type === 'run') this.#begin(order.run, order.code)
    else this.#answer(order)
    this.#settle()
    this.#report({ type: 'idle' })
  }

  #prepare(): QuickJSHandle {
    const context = this.#context
    const { hosts, nowMs, seed } = this.#birth
    const made = context.unwrapResult(context.evalCode(sandboxPrelude, 'prelude.js', globalCode))
    const send = context.newFunction('send', (name, json) => this.#send(name, json))
    const print = context.newFunction('print', (text) => this.#print(text))
    const names = context.unwrapResult(context.evalCode(JSON.stringify(hosts), 'names.js', globalCode))
    const given = [send, print, names, context.newNumber(nowMs), context.newNumber(seed)]
    const jsonOf = context.unwrapResult(context.callFunction(made, context.undefined, ...given))
    for (const one of [made, ...given]) one.dispose()
    return jsonOf
  }

  #begin(run: number, code: string): void {
    this.#callsInRun = 0
    this.#printed = []
    this.#printedChars = 0
    this.#printedOmitted = 0
    const context = this.#context
    let result = context.evalCode(code, 'code.js', asyncCode)
    let isScript = true
    // Code that returns its value is the body of a function; all else ends in an expression.
    if (result.error && /^return not in a function/.test(this.#errorOf(result.error.dup()).message)) {
      result.error.dispose()
      isScript = false
      result = context.evalCode(`(async () => {${code}\n})()`, 'code.js', globalCode)
    }
    if (result.error) this.#end(run, this.#faultOf(result.error))
    else this.#open = { run, promise: result.value, isScript }
  }

  #answer(order: Exclude<SandboxOrder, { type: 'run' }>): void {
    const deferred = this.#waiting.get(order.call)
    if (deferred === undefined) return
    this.#waiting.delete(order.call)
    const context = this.#context
    if (order.type === 'refusal') {
      const error = context.newError(order.message)
      deferred.reject(error)
      error.dispose()
    } else if (order.json === undefined) deferred.resolve(context.undefined)
    else {
      const json = context.newString(order.json)
      deferred.resolve(json)
      json.dispose()
    }
    deferred.dispose()
  }

  /** Runs jobs until none is left, and ends the run whose promise has settled or never will. */
  #settle(): void {
    const thrown = this.#runtime.executePendingJobs(-1).error
    const open = this.#open
    if (open === undefined) {
      thrown?.dispose()
      return
    }
    this.#open = undefined
    const state = this.#context.getPromiseState(open.promise)
    if (state.type === 'fulfilled') {
      const value = open.isScript ? this.#context.getProp(state.value, 'value') : state.value
      if (!this.#isPromise(value)) this.#end(open.run, this.#given(value))
      else {
        this.#open = { run: open.run, promise: value, isScript: false }
        this.#settle()
      }
    } else if (state.type === 'rejected') this.#end(open.run, this.#faultOf(state.error))
    // What stopped a job was no error that code could catch.
    else if (thrown) this.#end(open.run, this.#faultOf(thrown.dup()))
    else if (this.#isStopped())
      this.#end(open.run, timeOver) // its jobs were too short to be interrupted
    else if (this.#waiting.size === 0) this.#end(open.run, neverSettles)
    else this.#open = open
    thrown?.dispose()
    if (this.#open !== open) open.promise.dispose()
  }

  /** `main()` as the last expression gives a promise: its value is meant. */
  #isPromise(value: QuickJSHandle): boolean {
    if (this.#context.typeof(value) !== 'object') return false
    const state = this.#context.getPromiseState(value)
    return state.type !== 'fulfilled' || state.notAPromise !== true
  }

  /** The JSON of a value, or why it has none. */
  #given(value: QuickJSHandle): Became {
    const context = this.#context
    const json = context.callFunction(this.#jsonOf, context.undefined, value)
    if (json.error) {
      const { fault, message } = this.#faultOf(json.error)
      return { fault: fault === 'threw' ? 'value' : fault, message: `the value: ${message}` }
    }
    if (context.typeof(json.value) !== 'string') return {}
    const { valueCharsMax } = this.#birth
    const chars = this.#charsOf(json.value)
    if (chars <= valueCharsMax) return { json: json.value.consume((handle) => context.getString(handle)) }
    const message = `the value has ${chars} characters of JSON; at most ${valueCharsMax} may leave the sandbox`
    return { fault: 'value', message }
  }

  /** Looked at before text is copied out. */
  #charsOf(text: QuickJSHandle): number {
    return this.#context.getProp(text, 'length').consume((length) => this.#context.getNumber(length))
  }

  #send(name: QuickJSHandle, json: QuickJSHandle): QuickJSHandle {
    const context = this.#context
    if (this.#callsInRun >= this.#birth.hostCallsMax) {
      throw new Error(`at most ${this.#birth.hostCallsMax} calls of host functions`)
    }
    const chars = this.#charsOf(json)
    if (chars > this.#birth.valueCharsMax) {
      throw new Error(`arguments: at most ${this.#birth.valueCharsMax} characters of JSON, got ${chars}`)
    }
    this.#callsInRun += 1
    const call = ++this.#calls
    const deferred = context.newPromise()
    this.#waiting.set(call, deferred)
    this.#report({ type: 'call', call, name: context.getString(name), json: context.getString(json) })
    return deferred.handle.dup()
  }

  #print(text: QuickJSHandle): void {
    const chars = this.#charsOf(text)
    const room = this.#birth.printedCharsMax - this.#printedChars
    if (room <= 0) {
      this.#printedOmitted += chars
      return
    }
    const kept = this.#context.getString(text).slice(0, room)
    this.#printed.push(kept)
    this.#printedChars += kept.length
    this.#printedOmitted += Math.max(0, chars - kept.length)
  }

  #faultOf(error: QuickJSHandle): Fault {
    const { name, message } = this.#errorOf(error)
    // What code makes of being interrupted may look like any error.
    if (this.#isStopped()) return timeOver
    if (message === 'out of memory') return { fault: 'memory', message }
    const text = name === '' ? message : `${name}: ${message}`
    return { fault: name === 'SyntaxError' ? 'syntax' : 'threw', message: text.slice(0, messageCharsMax) }
  }

  #errorOf(error: QuickJSHandle): { readonly name: string; readonly message: string } {
    const dumped: unknown = error.consume((handle) => this.#context.dump(handle))
    if (typeof dumped !== 'object' || dumped === null) return { name: '', message: String(dumped) }
    const { name, message } = dumped as { readonly name?: unknown; readonly message?: unknown }
    return { name: typeof name === 'string' ? name : '', message: String(message ?? JSON.stringify(dumped)) }
  }

  /**
   * Nothing of a run goes on when it has ended, since nobody would limit its time: what reading its value left to do is done before,
   * and its calls are never answered.
   */
  #end(run: number, given: Became): void {
    this.#runtime.executePendingJobs(-1).error?.dispose()
    this.#forgetCalls()
    const isUnstoppable = this.#isStopped() && !this.#abandon()
    const became = isUnstoppable ? timeOver : given
    const printed = this.#printed.join('')
    this.#report({
      type: 'ended',
      run,
      printed,
      printedOmitted: this.#printedOmitted,
      ...became,
      ...(isUnstoppable && { isUnstoppable }),
    })
  }

  #isStopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0
  }

  /** What a run that was stopped still has to do is run down, each loop in it interrupted. False where it is too much. */
  #abandon(): boolean {
    for (let round = 0; round < abandonRounds && this.#runtime.hasPendingJob(); round++) {
      this.#runtime.executePendingJobs(abandonJobs).error?.dispose()
    }
    this.#forgetCalls()
    return !this.#runtime.hasPendingJob()
  }

  #forgetCalls(): void {
    for (const deferred of this.#waiting.values()) deferred.dispose()
    this.#waiting.clear()
  }
}

/** A run whose promise has not settled. A script gives its value as a member, since it may be a promise itself. */
interface OpenRun {
  readonly run: number
  readonly promise: QuickJSHandle
  readonly isScript: boolean
}

/** What Node has and its types leave to those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Memory: new (pages: { initial: number; maximum: number }) => object }
}
const pageBytes = 65_536
/** What the module asks for: it holds the program itself and its stack. */
const pagesMin = 256

interface Fault {
  readonly fault: SandboxFault
  readonly message: string
}

/** How a run ended: with JSON, with nothing, or with a fault. */
type Became = Partial<Fault> & { readonly json?: string }

const timeOver: Fault = { fault: 'time', message: 'the time is over' }
/** How much of what a stopped run left is run down: more of it takes the state of the sandbox with it. */
const abandonRounds = 100
const abandonJobs = 1_000

const neverSettles: Fault = {
  fault: 'never-settles',
  message: 'it waits for a promise that nothing will settle',
}

const globalCode = 0
/** JS_EVAL_FLAG_ASYNC: a script that may await, and whose promise gives `{ value }`. */
const asyncCode = 1 << 7
const messageCharsMax = 2_000
