/** A cassette: a file of calls and what came of them, to run tests without a provider and without surprises. */

import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { checkOptions, hasCode, type Json, readJournal, rule } from '@mabeam/foundation'
import { badCassette, cassetteMiss } from '../errors.ts'
import { type CallDifference, callDifference } from './call-difference.ts'
import { type Came, type RecordedCall, readRecord, recordText } from './recorded-call.ts'

/** Which file, and whether it is written or read. */
export interface CassetteOptions {
  /** JSON lines; folders above it are created. Prompts and answers are in it, keys and headers are not. */
  readonly path: string
  /** `record` begins the file anew at the first call; `replay` asks no model and fails on a call that the file does not hold. */
  readonly mode: 'record' | 'replay'
}

/** A call and where it came from. */
export interface CassetteCall {
  readonly key: string
  readonly modelId: string
  /** What was asked, for people; looked at when it is written or missed. */
  readonly call: () => Json
}

/** One file. Used by all models of a program, at the same time. */
export interface Cassette {
  readonly mode: 'record' | 'replay'
  /** Resolves when it is in the file. Throws: `dspx/bad-cassette`. */
  record(asked: CassetteCall, came: Came): Promise<void>
  /**
   * What came when the call was recorded; of several times one after the other, then the last again.
   *
   * Throws: `dspx/cassette-miss`, `dspx/bad-cassette`, `foundation/journal-corrupt`.
   */
  replay(asked: CassetteCall): Promise<Came>
}

/** The most calls of a cassette. */
export const cassetteCallsMax = 100_000
/** Recorded calls that a missing one is compared with. */
const comparedMax = 1_000
const kind = 'cassette'
/** Changes when what a record holds does. */
const version = 1

/** A cassette; the file is opened at the first call. Throws: `foundation/invalid-option`. */
export function createCassette(options: CassetteOptions): Cassette {
  checkOptions('cassette', options, { path: rule.string(), mode: rule.oneOf(['record', 'replay']) })
  const { path, mode } = options
  const recorder = new Recorder(path)
  let reading: Promise<Replay> | undefined
  return {
    mode,
    record: (asked, came) => recorder.record(asked, came),
    replay: async (asked) => {
      reading ??= Replay.read(path)
      return (await reading).find(asked)
    },
  }
}

class Recorder {
  readonly #path: string
  #calls = 0
  /** The file is written one line after the other. */
  #written: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
  }

  async record({ key, modelId, call }: CassetteCall, came: Came): Promise<void> {
    this.#calls += 1
    if (this.#calls > cassetteCallsMax) throw badCassette(this.#path, `at most ${cassetteCallsMax} calls`, 'one more')
    const line = recordText({ key, modelId, call: call(), came })
    this.#written = (this.#written ?? this.#begin()).then(() => appendFile(this.#path, line))
    try {
      await this.#written
    } catch (thrown) {
      throw badCassette(this.#path, 'a file that can be written', String(thrown), thrown)
    }
  }

  async #begin(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    await writeFile(this.#path, `${JSON.stringify({ kind, version })}\n`)
  }
}

class Replay {
  readonly #path: string
  readonly #calls: readonly RecordedCall[]
  readonly #byKey = new Map<string, { readonly calls: RecordedCall[]; next: number }>()

  private constructor(path: string, calls: readonly RecordedCall[]) {
    this.#path = path
    this.#calls = calls
    for (const one of calls) {
      const known = this.#byKey.get(one.key)
      if (known) known.calls.push(one)
      else this.#byKey.set(one.key, { calls: [one], next: 0 })
    }
  }

  static async read(path: string): Promise<Replay> {
    const journal = await readJournal(path, kind).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'foundation/journal-missing')) throw thrown
      throw badCassette(path, 'a recorded cassette', 'no file; record it with mode "record"', thrown)
    })
    if (journal.version !== version) throw badCassette(path, `version ${version}`, `version ${journal.version}`)
    const { records } = journal
    if (records.length > cassetteCallsMax) {
      throw badCassette(path, `at most ${cassetteCallsMax} calls`, `${records.length}`)
    }
    return new Replay(
      path,
      records.map((record) => readRecord(path, record)),
    )
  }

  find({ key, modelId, call }: CassetteCall): Came {
    const known = this.#byKey.get(key)
    const found = known?.calls[Math.min(known.next, known.calls.length - 1)]
    if (known === undefined || found === undefined)
      throw cassetteMiss(this.#path, modelId, this.#nearest(modelId, call()))
    known.next += 1
    return found.came
  }

  /** The recorded call that is most like this one, and what is different in it. */
  #nearest(modelId: string, asked: Json): string {
    let best: { readonly at: number; readonly difference: CallDifference } | undefined
    for (const [at, one] of this.#calls.slice(0, comparedMax).entries()) {
      const difference = callDifference(
        { model: one.modelId, ...Object(one.call) },
        { model: modelId, ...Object(asked) },
      )
      if (difference && (best === undefined || difference.distance < best.difference.distance))
        best = { at, difference }
    }
    if (best === undefined) {
      if (this.#calls.length === 0) return 'it holds no call at all'
      return 'one looks the same and was recorded of another server, or by another version of Mabeam'
    }
    const { at, difference } = best
    const more = difference.count > 1 ? ` (and ${difference.count - 1} more)` : ''
    return `the nearest of ${this.#calls.length}, number ${at + 1}, differs in ${difference.sentence}${more}`
  }
}
