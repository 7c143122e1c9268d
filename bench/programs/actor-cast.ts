/** Casts to one actor in bursts, each seen through to its end by a call: `actor-cast.ts MEASURE_MS`. */

import { startNode } from '@mabeam/foundation'
import { addition, Counter } from './counter.ts'
import { printFigures, ratePerSec } from './rate.ts'

const castsPerBurst = 1_000

const [measureMs] = process.argv.slice(2)
await using node = await startNode({ codec: false })
const counter = await node.spawn(Counter, 0)
let sent = 0
const castsPerSec = await ratePerSec(Number(measureMs), async () => {
  for (let i = 0; i < castsPerBurst; i++) counter.cast('add', addition)
  sent += castsPerBurst
  const { n } = await counter.call('read')
  if (n !== sent) throw new Error(`expected ${sent} casts to have arrived, got ${n}`)
  return castsPerBurst
})
printFigures({ castsPerSec })
