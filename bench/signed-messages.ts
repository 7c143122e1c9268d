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
  target: 'signNs and judgeNs of 64 bytes < 5000',
  async run({ quick, log }): Promise<BenchResult> {
    const runs = quick ? 3 : 15
    const rows = []
    for (const bodyBytes of sizesBytes) {
      log(`${bodyBytes} bytes`)
      const messages = Math.round((quick ? 8_000 : 40_000) / (1 + bodyBytes / 4_096))
      // The first warms up.
      const costs = []
      for (let run = 0; run <= runs; run++) costs.push(await costsOf(bodyBytes, messages))
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

/** Of each of so many messages; those that are judged are all different, as a second one of a kind would be refused early. */
async function costsOf(bodyBytes: number, messages: number): Promise<Costs> {
  const body = new Uint8Array(bodyBytes).fill(7)
  const sent: Uint8Array[] = []
  let taken = 0
  let take: (message: EngineMessage) => void = () => {}
  const wire: Pick<Engine, 'publish' | 'subscribe'> = {
    publish: (_, bytes) => void sent.push(bytes),
    subscribe: async (_, onMessage) => {
      take = onMessage
      return { dropped: 0, drain: async () => {}, [Symbol.asyncDispose]: async () => {} }
    },
  }
  const engine = signingEngine(wire as Engine, { security: { secret: 'hunter2-'.repeat(5) } })
  await engine.subscribe(subject, () => taken++)
  const signNs = nsOfEach(messages, () => engine.publish(subject, body))
  const received = sent.map((bytes) => ({ subject, body: bytes, isRequest: false, respond: () => {} }))
  const judgeNs = nsOfEach(messages, (i) => take(received[i] as EngineMessage))
  if (taken !== messages) throw new Error(`expected ${messages} messages to be taken, got ${taken}`)
  const key = createSecretKey(Buffer.alloc(32, 1))
  const hmacNs = nsOfEach(messages, () => createHmac('sha256', key).update(body).digest())
  return { signNs, judgeNs, hmacNs }
}

function nsOfEach(n: number, run: (i: number) => unknown): number {
  const before = process.cpuUsage()
  for (let i = 0; i < n; i++) run(i)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1_000) / n
}
