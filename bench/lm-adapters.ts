/**
 * What adapters take beside the model: to write a prompt, to read an answer of 1 kB, one as long as it may be, whole and in pieces, and the malformed
 * ones of the tests. Beside `JSON.parse` with jsonrepair, which knows no fields and no types, and Ax, whose whole call is compared with ours, since it has
 * no door to its reader of answers.
 */

import path from 'node:path'
import type { Bench } from './bench.ts'
import { commandFigures, type ProcessFigures, programFigures } from './harness/child-process.ts'
import { lmPeerInstalls } from './harness/lm-peers.ts'
import { isNpmPeerInstalled } from './harness/npm-peers.ts'
import { ours } from './harness/paired-runs.ts'
import { inTurns, runsWithIntervals, sideBySide } from './harness/side-by-side.ts'

const peers = ['jsonrepair', 'ax'] as const
const peerFolder = path.resolve(import.meta.dirname, 'peers')
/** MEASURE_MS CHARS of `programs/lm-adapters.ts`; the longest answer that is read has a million characters. */
const counts = { quick: ['1', '50000'], full: ['40', '900000'] }
/** Each line in a process of its own; a quick run has but one. */
const adapters = ['chat', 'json', 'xml', 'markdown', 'twoStep', 'call']

export const bench: Bench = {
  name: 'lm-adapters',
  what: 'CPU µs of each adapter (chat, JSON, XML, Markdown, two-step) for a prompt with 8 demonstrations anew and asked again, an answer of 1 kB, malformed answers of the tests (which are read, mended, refused), a refused one of 2 MB; MB/s of answers of 0.9 MB as text, as a list of 37,500 and in pieces of 20 characters, and how much longer each takes than its half; whole calls of a predictor',
  target: 'ParseUs < 100; each Growth < 3 (2 is linear, 4 quadratic); StreamMbPerSec > 10; MalformedReadShare 1',
  async run({ quick, log }) {
    const args = quick ? counts.quick : counts.full
    const peerTurn = (folder: string) => () =>
      commandFigures(process.execPath, [path.join(peerFolder, folder, 'parsing.mjs'), ...args])
    const runs = await inTurns(
      {
        [ours]: () => ownFigures(quick ? [adapters.join()] : adapters, args),
        jsonrepair: peerTurn('json'),
        ...(isNpmPeerInstalled('ax') && { ax: peerTurn('ax') }),
      },
      quick ? 1 : runsWithIntervals,
      log,
    )
    return sideBySide({
      runs,
      peers,
      costs: ['jsonParseUs', 'jsonMalformedUs', 'callUs', 'callTextMs', 'callListMs'],
      gains: ['jsonTextMbPerSec', 'jsonListMbPerSec', 'jsonMalformedReadShare'],
      peerInstalls: { ax: lmPeerInstalls.ax },
    })
  },
}

async function ownFigures(processes: readonly string[], args: readonly string[]): Promise<ProcessFigures> {
  const found: ProcessFigures[] = []
  for (const some of processes) found.push(await programFigures('lm-adapters', [some, ...args]))
  return Object.assign({}, ...found)
}
