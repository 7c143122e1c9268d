/**
 * What it costs to sign a message and to judge one that came (ADR 0017), by the size of its body, beside the bare HMAC-SHA-256 of the same
 * bytes. The engine beneath does nothing, so that only the signing is there. CPU time of this process: a machine that is busy with other
 * things changes it little.
 */

import { createHmac, createSecretKey } from 'node:crypto'
import type { Engine, EngineMessage } from '@mabeam/foundation'
import { signingEngine } from '@mabeam/foundation/testing'
import { median } from '@mabeam/ml'
import type { Bench, BenchResult } from './bench.ts'

const sizesBytes = [64, 1_024, 16_384]
const subject = 'shop.node.a'

interface Costs {
  readonly signNs: number
  readonly judgeNs: number
  readonly hmacNs: number
}

export const bench: Bench = {
  name: 'signed-messages',
  what: 'CPU ns to sign a message and to judge one, by bytes of its body (64 in the metrics), beside the bare HMAC-SHA-256 of the body',
  target: 'signNs and judgeNs of 64 bytes < 5000, on a core that nobody else uses',
  async run({ quick, log }): Promise<BenchResult> {
    const runs = quick ? 3 : 15
    const rows = []
    for (const bodyBytes of sizesBytes) {
      log(`${bodyBytes} bytes`)
      const batches = Math.ceil((quick ? 8 : 40) / (1 + bodyBytes / 4_096))
      // The first warms up.
      const costs: Costs[] = []
      for (let run = 0; run <= runs; run++) costs.push(await costsOf(bodyBytes, batches))
      const of = (figure: keyof Costs) => Math.round(median(costs.slice(1).map((one) => one[figure])))
      const ratio = (figure: keyof Costs) => median(costs.slice(1).map((one) => one[figure] / one.hmacNs))
      const [signOverHmac, judgeOverHmac] = [ratio('signNs'), ratio('judgeNs')]
      const medians = { signNs: of('signNs'), judgeNs: of('judgeNs'), hmacNs: of('hmacNs') }
      rows.push({ bodyBytes, ...medians, signOverHmac, judgeOverHmac })
    }
    const { bodyBytes: _, ...metrics } = rows[0] as (typeof rows)[number]
    return { metrics, rows, runs }
  },
}

/** Judged at a time; they are all different, as a second one of a kind would be refused early. */
const batch = 1_000

async function costsOf(bodyBytes: number, batches: number): Promise<Costs> {
  const body = new Uint8Array(bodyBytes).fill(7)
  let onSent: (bytes: Uint8Array) => void = () => {}
  let taken = 0
  let take: (message: EngineMessage) => void = () => {}
  const wire: Pick<Engine, 'publish' | 'subscribe'> = {
    publish: (_, bytes) => onSent(bytes),
    subscribe: async (_, onMessage) => {
      take = onMessage
      return { dropped: 0, drain: async () => {}, [Symbol.asyncDispose]: async () => {} }
    },
  }
  const engine = signingEngine(wire as Engine, { security: { secret: 'hunter2-'.repeat(5) } })
  await engine.subscribe(subject, () => taken++)
  const signNs = nsOfEach(batches * batch, () => engine.publish(subject, body))
  let judgedNs = 0
  for (let i = 0; i < batches; i++) {
    const received: EngineMessage[] = []
    onSent = (bytes) => void received.push({ subject, body: bytes, isRequest: false, respond: () => {} })
    for (let n = 0; n < batch; n++) engine.publish(subject, body)
    judgedNs += nsOfEach(batch, (n) => take(received[n] as EngineMessage))
  }
  if (taken !== batches * batch) throw new Error(`expected ${batches * batch} messages to be taken, got ${taken}`)
  const key = createSecretKey(Buffer.alloc(32, 1))
  const hmacNs = nsOfEach(batches * batch, () => createHmac('sha256', key).update(body).digest())
  return { signNs, judgeNs: judgedNs / batches, hmacNs }
}

/** CPU time of each of so many. */
function nsOfEach(n: number, run: (i: number) => unknown): number {
  const before = process.cpuUsage()
  for (let i = 0; i < n; i++) run(i)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / n
}
