/**
 * Histories of several processes, joined to one: each writes its events to a file of its own before it goes on, so that what it began
 * is known even when it is killed in the middle, and all stamp them with the clock that the machine's processes share.
 */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unreadableHistory } from '../../errors/process-errors.ts'
import { deathGuard } from '../../processes/death-guard.ts'
import type { HistoryEvent } from '../history.ts'

/** Disposing removes it. */
export interface HistoryFolder extends AsyncDisposable {
  readonly path: string
  /** All events so far, in the order of their time. Throws `foundation/unreadable-history`. */
  collect(): Promise<readonly HistoryEvent[]>
}

/** A new, empty one. Processes are given it by `nodeProcess({ history })`, and write with `historyRecorder()`. */
export async function historyFolder(): Promise<HistoryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'mabeam-history-'))
  const dismiss = deathGuard('sleep 1; rm -rf "$1"', [path])
  return {
    path,
    async collect() {
      const files = (await readdir(path)).filter((name) => name.endsWith('.jsonl')).sort()
      const parts = await Promise.all(
        files.map(async (name) => parseHistory(name, await readFile(join(path, name), 'utf8'))),
      )
      return joinHistories(parts)
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true })
      dismiss()
    },
  }
}

/** The events of one file. A last line that has no end was being written when its process died: what it tells of had not begun. */
export function parseHistory(name: string, text: string): readonly HistoryEvent[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as HistoryEvent
    } catch {
      throw unreadableHistory(`${name}:${i + 1}`, 'expected an event as JSON')
    }
  })
}

/**
 * One history of several, each in its own order. Of one instant invocations come first, so that operations which may have
 * overlapped do.
 */
export function joinHistories(parts: readonly (readonly HistoryEvent[])[]): readonly HistoryEvent[] {
  if (parts.length <= 1) return parts[0] ?? []
  const half = parts.length >> 1
  return joined(joinHistories(parts.slice(0, half)), joinHistories(parts.slice(half)))
}

function joined(a: readonly HistoryEvent[], b: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const both: HistoryEvent[] = []
  let [i, k] = [0, 0]
  for (let [first, second] = [a[0], b[0]]; first !== undefined || second !== undefined; ) {
    const takesSecond = first === undefined || (second !== undefined && isBefore(second, first))
    both.push((takesSecond ? second : first) as HistoryEvent)
    if (takesSecond) second = b[++k]
    else first = a[++i]
  }
  return both
}

function isBefore(a: HistoryEvent, b: HistoryEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.type === 'invoke' && b.type !== 'invoke')
}
