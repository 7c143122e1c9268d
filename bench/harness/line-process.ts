/** A child process that is asked by lines of JSON on standard input and answers each with one on standard output, in order. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { MabeamError } from '@mabeam/foundation'

interface Waiting {
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** The last of what it wrote on standard error that an error quotes. */
const stderrCharactersMax = 2_000

/** Disposing ends its input, and kills it when it does not end by itself. */
export class LineProcess implements AsyncDisposable {
  readonly #name: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting: Waiting[] = []
  readonly #ended: Promise<void>
  #failure: MabeamError | undefined
  #stderr = ''

  constructor(command: string, args: readonly string[]) {
    this.#name = [path.basename(command), ...args.map((arg) => path.basename(arg))].join(' ')
    this.#child = spawn(command, args)
    const ended = Promise.withResolvers<void>()
    this.#ended = ended.promise
    this.#child.on('error', (cause) => {
      this.#fail(`could not be started`, cause)
      ended.resolve()
    })
    this.#child.on('close', (status, signal) => {
      this.#fail(`ended ${signal === null ? `with status ${status}` : `by ${signal}`}`)
      ended.resolve()
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrCharactersMax)
    })
    // A child that has gone is told by its end.
    this.#child.stdin.on('error', () => {})
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answer(line))
  }

  /** The next answer to come, for what it says without being asked. Rejects with `bench/no-figures` when it ends before. */
  next(): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Rejects as `next`. */
  ask(question: object): Promise<unknown> {
    const answer = this.next()
    if (!this.#failure) this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await this.#ended
    clearTimeout(timer)
  }

  #answer(line: string): void {
    const waiting = this.#waiting.shift()
    try {
      waiting?.resolve(JSON.parse(line))
    } catch (cause) {
      waiting?.reject(
        new MabeamError('bench/no-figures', `${this.#name}: expected a line of JSON, got ${line}`, { cause }),
      )
    }
  }

  #fail(what: string, cause?: unknown): void {
    this.#failure ??= new MabeamError('bench/no-figures', `${this.#name}: ${what}\n${this.#stderr}`.trim(), { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}
