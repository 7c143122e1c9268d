/**
 * What a framework adds to one call of a model: the same signature of three outputs and the same demonstrations in ours, Ax and DSPy, on a model in
 * the process that answers at once, and through one and the same local endpoint. In the process it is CPU time, so that it matters little what else
 * the machine does.
 */

import { median } from '@mabeam/ml'
import type { Bench, BenchResult } from './bench.ts'
import { programFigures } from './harness/child-process.ts'
import { installedLmPeers, type LmPeer, lmEndpoint, lmPeerFigures, lmPeerInstalls } from './harness/lm-peers.ts'

type Who = 'mabeam' | LmPeer

/** What is measured, and who has it. Ax writes JSON only for outputs that are objects. */
const modes: readonly { readonly mode: string; readonly metric: string; readonly by: readonly Who[] }[] = [
  { mode: 'chat', metric: 'usPerCall', by: ['mabeam', 'ax', 'dspy'] },
  { mode: 'http', metric: 'usPerCallHttp', by: ['mabeam', 'ax', 'dspy'] },
  { mode: 'chat-demos8', metric: 'usPerCallDemos8', by: ['mabeam', 'ax', 'dspy'] },
  { mode: 'json', metric: 'usPerCallJson', by: ['mabeam', 'dspy'] },
  { mode: 'json-demos8', metric: 'usPerCallJsonDemos8', by: ['mabeam', 'dspy'] },
  { mode: 'attempts', metric: 'usPerCallAttempts', by: ['mabeam'] },
  { mode: 'trace', metric: 'usPerCallTrace', by: ['mabeam'] },
  { mode: 'models', metric: 'usPerCallModels', by: ['mabeam'] },
]
const quickModes = ['chat', 'http']
const fullRuns = 5

/** Microseconds, by who and what, in the order of the runs. */
type Measured = ReadonlyMap<string, number[]>

export const bench: Bench = {
  name: 'lm-overhead',
  what: 'µs a call of a predictor takes beside its model: CPU time with a model that answers at once (chat, JSON, 8 demonstrations, attempts looked at, trace kept, all layers of createModels), and time passed through a local endpoint',
  target: 'usPerCall < 100; speedupVsAx ≥ 5; speedupVsDspy ≥ 20',
  async run({ quick, log }) {
    const peers = await installedLmPeers()
    await using endpoint = await lmEndpoint()
    const measured = new Map<string, number[]>()
    const versions = new Map<Who, string>()
    const runs = quick ? 1 : fullRuns
    for (let run = 1; run <= runs; run++) {
      for (const { mode, metric, by } of modes.filter((one) => !quick || quickModes.includes(one.mode))) {
        const turns = by.filter((who) => who === 'mabeam' || peers.includes(who))
        for (const who of run % 2 === 0 ? turns.toReversed() : turns) {
          const { usPerCall, version } = await figuresOf(who, [mode, quick ? '200' : '800', endpoint.url])
          versions.set(who, String(version))
          measured.set(`${who} ${metric}`, [...(measured.get(`${who} ${metric}`) ?? []), Number(usPerCall)])
          log(`run ${run} of ${runs}: ${who}, ${mode}: ${Number(usPerCall).toPrecision(3)} µs`)
        }
      }
    }
    return resultOf(measured, versions, runs)
  },
}

async function figuresOf(who: Who, args: readonly string[]) {
  return who === 'mabeam' ? await programFigures('lm-overhead', args) : await lmPeerFigures(who, args)
}

function resultOf(measured: Measured, versions: ReadonlyMap<Who, string>, runs: number): BenchResult {
  const figures = (who: Who) =>
    Object.fromEntries(
      modes.flatMap(({ metric }) => {
        const found = measured.get(`${who} ${metric}`)
        return found ? [[metric, median(found)]] : []
      }),
    )
  const names = Object.keys(lmPeerInstalls) as LmPeer[]
  const peers = names.map((peer) => {
    const version = versions.get(peer)
    return [peer, version === undefined ? null : { version, ...figures(peer) }] as const
  })
  const ratios = names.flatMap((peer) =>
    modes
      .filter(({ by, metric }) => by.includes(peer) && measured.has(`mabeam ${metric}`))
      .map(({ metric }) => [ratioName(metric, peer), speedup(measured, metric, peer)] as const),
  )
  return {
    metrics: figures('mabeam'),
    peers: Object.fromEntries(peers),
    ratios: Object.fromEntries(ratios),
    peerInstalls: lmPeerInstalls,
    runs,
  }
}

/** `speedupVsAx` is that of the plain call. */
function ratioName(metric: string, peer: LmPeer): string {
  const of = `Vs${peer[0]?.toUpperCase()}${peer.slice(1)}`
  return metric === 'usPerCall' ? `speedup${of}` : `${metric}${of}`
}

function speedup(measured: Measured, metric: string, peer: LmPeer): number | null {
  const theirs = measured.get(`${peer} ${metric}`)
  const ours = measured.get(`mabeam ${metric}`) ?? []
  return theirs ? median(theirs.map((us, run) => us / (ours[run] as number))) : null
}
