/**
 * The log of a hub: what is appended in a turn is written by one write at its end, before anybody is told of it. It survives the end of
 * the process at any moment; not the loss of power, since nothing is synced.
 */

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { pack, unpack } from 'msgpackr'
import { fileFailed } from '../../../errors/journal-errors.ts'
import { hubLogDamaged, hubLogVersion } from '../../../errors/local-errors.ts'
import { type HubRecord, logKind, logVersion, type RecordSink, record } from './hub-record.ts'
import { logFrame, readLogFrame } from './log-frame.ts'

const readBytes = 2 ** 22
const sliceBytes = 2 ** 20
const appendFlags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND

/** A snapshot that is being written beside the log, which goes on meanwhile. */
interface Draft {
  readonly file: number
  readonly records: Iterator<HubRecord>
  /** Where the log stood when the snapshot was taken. */
  readonly logAt: number
}

export class HubLog implements RecordSink {
  readonly path: string
  /** Bytes cut off its end when it was opened. */
  readonly cutBytes: number
  readonly #file: { fd: number }
  /** Of what is written through. */
  bytes: number
  /** What the last snapshot took, or the log when it was opened. */
  baseBytes: number
  #waiting: Uint8Array[] = []
  #draft: Draft | undefined

  /** Reads what there is, gives each record to `replay`, and cuts off a torn end. Requires: its lock is held. */
  constructor(path: string, keeps: string, replay: (one: HubRecord) => void) {
    this.path = path
    const fd = attempt(path, 'opening the log', () => openSync(path, appendFlags, 0o600))
    this.#file = { fd }
    try {
      const { size } = fstatSync(fd)
      const end = readRecords(path, { fd, size }, replay)
      this.cutBytes = size - end
      this.bytes = end
      if (this.cutBytes > 0) attempt(path, 'cutting off the torn end', () => ftruncateSync(fd, end))
      if (end === 0) {
        this.append(headerRecord(keeps))
        this.flush()
      }
      this.baseBytes = this.bytes
    } catch (thrown) {
      closeSync(fd)
      throw thrown
    }
  }

  append(one: HubRecord): void {
    this.#waiting.push(...logFrame(pack(one)))
  }

  /** Writes what was appended. Throws `foundation/disk-full` and `foundation/file-failed`, with nothing of it written. */
  flush(): void {
    if (this.#waiting.length === 0) return
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.bytes += writeAll(this.path, { fd: this.#file.fd, size: this.bytes }, bytes)
  }

  get isCompacting(): boolean {
    return this.#draft !== undefined
  }

  /** Begins to write a snapshot in place of what led to it. Requires: `records` is what there is now, however late it is asked for. */
  beginCompaction(keeps: string, records: Iterable<HubRecord>): void {
    this.flush()
    const path = `${this.path}.draft`
    rmSync(path, { force: true })
    const file = attempt(path, 'opening the draft of the log', () => openSync(path, appendFlags, 0o600))
    this.#draft = { file, records: withHeader(keeps, records), logAt: this.bytes }
  }

  /** Goes on with it for a while; true when it is done. What fails leaves the log as it was, and throws. */
  compact(): boolean {
    if (this.#draft === undefined) return true
    const { file, records } = this.#draft
    try {
      const frames: Uint8Array[] = []
      let isDone = false
      for (let bytes = 0; !isDone && bytes < sliceBytes; ) {
        const next = records.next()
        isDone = next.done === true
        if (next.done) break
        const payload = pack(next.value)
        frames.push(...logFrame(payload))
        bytes += payload.length
      }
      writeAll(this.path, { fd: file, size: fstatSync(file).size }, Buffer.concat(frames))
      if (!isDone) return false
      this.#replaceBy(this.#draft)
      return true
    } catch (thrown) {
      this.#dropDraft()
      throw thrown
    }
  }

  close(): void {
    this.#dropDraft()
    closeSync(this.#file.fd)
  }

  #replaceBy(draft: Draft): void {
    this.flush()
    const path = `${this.path}.draft`
    const baseBytes = fstatSync(draft.file).size
    const rest = Buffer.allocUnsafe(Math.min(readBytes, Math.max(1, this.bytes - draft.logAt)))
    let size = baseBytes
    for (let at = draft.logAt; at < this.bytes; ) {
      const read = readSync(this.#file.fd, rest, 0, Math.min(rest.length, this.bytes - at), at)
      size += writeAll(path, { fd: draft.file, size }, rest.subarray(0, read))
      at += read
    }
    attempt(path, 'replacing the log', () => renameSync(path, this.path))
    closeSync(this.#file.fd)
    this.#file.fd = draft.file
    this.#draft = undefined
    this.bytes = size
    this.baseBytes = baseBytes
  }

  #dropDraft(): void {
    if (this.#draft === undefined) return
    closeSync(this.#draft.file)
    this.#draft = undefined
    rmSync(`${this.path}.draft`, { force: true })
  }
}

function headerRecord(keeps: string): HubRecord {
  return [record.header, logKind, logVersion, keeps]
}

function* withHeader(keeps: string, records: Iterable<HubRecord>): Generator<HubRecord> {
  yield headerRecord(keeps)
  yield* records
}

interface OpenFile {
  readonly fd: number
  readonly size: number
}

/** Where the last whole record ends. */
function readRecords(path: string, { fd, size }: OpenFile, replay: (one: HubRecord) => void): number {
  let bytes = Buffer.alloc(0)
  /** Of the first of `bytes` in the file. */
  let offset = 0
  let isFirst = true
  for (let read = 0; ; ) {
    const isLast = read >= size
    let at = 0
    let found = readLogFrame(bytes, at, isLast)
    for (; found.type === 'payload'; found = readLogFrame(bytes, at, isLast)) {
      replay(isFirst ? checkedHeader(path, found.payload) : (unpack(found.payload) as HubRecord))
      isFirst = false
      at = found.end
    }
    if (found.type === 'damaged') throw hubLogDamaged(path, offset + at, found.sentence)
    if (found.type === 'torn') return offset + at
    const chunk = Buffer.allocUnsafe(Math.min(readBytes, size - read))
    read += attempt(path, 'reading the log', () => readSync(fd, chunk, 0, chunk.length, read))
    bytes = Buffer.concat([bytes.subarray(at), chunk])
    offset += at
  }
}

function checkedHeader(path: string, payload: Buffer): HubRecord {
  const header = unpack(payload) as HubRecord
  const [type, kind, version] = Array.isArray(header) ? header : []
  if (type !== record.header || kind !== logKind) throw hubLogDamaged(path, 0, 'it is no log of a hub')
  if (version !== logVersion) throw hubLogVersion(path, logVersion, Number(version))
  return header
}

function writeAll(path: string, { fd, size }: OpenFile, bytes: Buffer): number {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    return bytes.length
  } catch (cause) {
    try {
      ftruncateSync(fd, size)
    } catch {
      // What is left of it is a torn end, which the next opening cuts off.
    }
    throw fileFailed(path, 'writing the log', cause)
  }
}

function attempt<T>(path: string, doing: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw fileFailed(path, doing, cause)
  }
}
