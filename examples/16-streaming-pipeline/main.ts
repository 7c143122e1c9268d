/** A pipeline: tickets come in one by one, a program routes several at once, and what is slow slows down what feeds it. */

import { createModels, pipeline, predict } from '@mabeam/dspx'

const instructions =
  'Route the ticket.\nbilling: refund, charged, invoice\ntech: crash, login, slow\nsales: offer, price, seats'
const route = predict('text -> team: "billing" | "tech" | "sales"', { instructions })
const lm = createModels({ realLatency: true }).get('local/nano') // waits as a real model would

let read = 0
async function* tickets() {
  const words = ['refund', 'crash', 'offer', 'login', 'charged', 'seats']
  for (; read < 400; read++) yield { id: read, text: `ticket about a ${words[read % words.length]}` }
}

// Nothing is read before something is wanted; then at most 20 tickets are at work, and as many wait to be taken in order.
const routed = pipeline(tickets(), { name: 'tickets' })
  .filter(({ id }) => id % 10 !== 9, { name: 'no-spam' })
  .map(
    async (ticket, { signal }) => {
      if (ticket.id % 50 === 7) throw new Error(`ticket ${ticket.id} is damaged`)
      const { team, usage } = await route.run({ text: ticket.text }, { lm, signal })
      return { ...ticket, team, costUsd: usage.costUsd ?? 0 }
    },
    { name: 'route', concurrency: 20, errors: 'keep', timeoutMs: 5_000 },
  )
  .batch(25, { withinMs: 500 })

const teams = new Map<string, number>()
let costUsd = 0
await using run = routed.start()
for await (const batch of run) {
  for (const outcome of batch) {
    if (outcome.type === 'failed') {
      console.log('failed:', outcome.item.id)
      continue
    }
    const { team, costUsd: cost } = outcome.value
    teams.set(team, (teams.get(team) ?? 0) + 1)
    costUsd += cost
  }
}
for (const { stage, in: taken, out, failed } of run.stages)
  console.log(`${stage}: ${taken} in, ${out} out, ${failed} failed`)
console.log(Object.fromEntries(teams), `${costUsd.toFixed(5)} USD`)

// Leaving the loop closes everything: the source too, which was read no further than its bound.
read = 0
const teamsOf = pipeline(tickets())
  .map(({ text }) => ({ text }))
  .map(route, { concurrency: 4, run: { lm } })
for await (const { team } of teamsOf) {
  console.log(`the first is ${team}; ${read} tickets were read`)
  break
}
