/** How late a blocked thread is ended and its actor up again, and how calls of others fare meanwhile. */

import { type ActorRef, isMabeamError, type Node, startNode } from '@mabeam/foundation'
import { median, quantile } from '@mabeam/ml'
import type { Bench, BenchResult } from './bench.ts'
import { Blocking, Echo } from './programs/thread-actors.ts'

const everyMs = 1

export const bench: Bench = {
  name: 'thread-watchdog',
  what: 'an actor in while(true): milliseconds over its limit until it is ended and until it answers again; 1,000 calls a second to another',
  target: 'killMsOverLimit < 100; callP99MsMeanwhile < 20',
  async run({ quick, log }): Promise<BenchResult> {
    const blockedMsMax = quick ? 500 : 1_000
    const runs = quick ? 2 : 10
    const rows: Row[] = []
    await using node = await startNode({ threads: { blockedMsMax } })
    const blocking = await node.spawn(Blocking, undefined, {
      name: 'blocking',
      restart: 'permanent',
      restartsMax: 1_000,
    })
    const echo = await node.spawn(Echo, undefined)
    for (let run = 1; run <= runs; run++) {
      const one = await blockedOnce(node, { blocking, echo, blockedMsMax })
      rows.push({ run, ...one })
      log(
        `run ${run} of ${runs}: ended ${one.killMsOverLimit.toFixed(1)} ms over, calls p99 ${one.callP99Ms.toFixed(2)} ms`,
      )
    }
    return {
      metrics: {
        killMsOverLimit: median(rows.map((row) => row.killMsOverLimit)),
        upAgainMsOverLimit: median(rows.map((row) => row.upAgainMsOverLimit)),
        callP99MsMeanwhile: median(rows.map((row) => row.callP99Ms)),
        callsPerSec: median(rows.map((row) => row.callsPerSec)),
        threadCallP50Us: await threadCallUs(node, blocking, quick ? 1_000 : 10_000),
      },
      rows,
      runs,
    }
  },
}

type Row = Awaited<ReturnType<typeof blockedOnce>> & { readonly run: number }

async function blockedOnce(
  node: Node,
  given: {
    readonly blocking: ActorRef<typeof Blocking>
    readonly echo: ActorRef<typeof Echo>
    readonly blockedMsMax: number
  },
) {
  const { blocking, echo, blockedMsMax } = given
  await upAgain(blocking)
  const load = startLoad(node, echo)
  const startMs = performance.now()
  const code = await blocking.call('spin', undefined, { timeoutMs: blockedMsMax * 10 }).then(
    () => 'none',
    (thrown) => (isMabeamError(thrown) ? thrown.code : String(thrown)),
  )
  const killMsOverLimit = performance.now() - startMs - blockedMsMax
  if (code !== 'foundation/actor-crashed') throw new Error(`the blocked call ended with ${code}`)
  await upAgain(blocking)
  const upAgainMsOverLimit = performance.now() - startMs - blockedMsMax
  const tookMs = await load.stop()
  const callsPerSec = tookMs.length / ((performance.now() - startMs) / 1_000)
  return {
    killMsOverLimit,
    upAgainMsOverLimit,
    callP99Ms: quantile(tookMs, 0.99),
    callMaxMs: Math.max(...tookMs),
    callsPerSec,
  }
}

/** Calls from the intended time on, whether or not those before were answered. */
function startLoad(node: Node, echo: ActorRef<typeof Echo>) {
  const tookMs: number[] = []
  const calls: Promise<void>[] = []
  const startMs = performance.now()
  let sent = 0
  let cancel = node.clock.setTimer(everyMs, tick)
  function tick(): void {
    for (; startMs + sent * everyMs <= performance.now(); sent++) {
      const intendedMs = startMs + sent * everyMs
      calls.push(echo.call('echo', sent).then(() => void tookMs.push(performance.now() - intendedMs)))
    }
    cancel = node.clock.setTimer(everyMs, tick)
  }
  return {
    async stop() {
      cancel()
      await Promise.all(calls)
      return tookMs
    },
  }
}

async function upAgain(blocking: ActorRef<typeof Blocking>): Promise<void> {
  for (;;) {
    const answer = await blocking.call('ping').catch((thrown) => {
      if (isMabeamError(thrown) && thrown.retryable) return undefined
      throw thrown
    })
    if (answer !== undefined) return
    await new Promise(setImmediate)
  }
}

async function threadCallUs(node: Node, blocking: ActorRef<typeof Blocking>, calls: number): Promise<number> {
  const tookMs: number[] = []
  for (let i = 0; i < calls; i++) {
    const startMs = node.clock.monotonicMs()
    await blocking.call('ping')
    tookMs.push(node.clock.monotonicMs() - startMs)
  }
  return quantile(tookMs, 0.5) * 1_000
}
