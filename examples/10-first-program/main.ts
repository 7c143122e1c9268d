/** A first program: what goes in, what comes out, with types; what a run took; a copy with demonstrations, saved and loaded. */

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chainOfThought, createModels, loadProgram, signature } from '@mabeam/dspx'

const lm = createModels().get('local/small') // needs no key; openai('gpt-4.1-mini') would be another

const Triage = signature(
  'mail: string -> team: "billing" | "tech" | "sales", urgency: int(1..3)',
  `Route the mail to the team that has to act.
billing: invoice, refund, charged, paid
tech: crash, error, login, slow
sales: price, offer, seats`,
)
const triage = chainOfThought(Triage)

// The types come from the signature: team is 'billing' | 'tech' | 'sales', urgency is a number, reasoning is text.
const mail = 'I was charged twice for one invoice, please refund me'
const result = await triage.run({ mail }, { lm })
const { team, urgency, reasoning } = result
console.log({ team, urgency, reasoning })

// Beside the outputs stands what they took: every call of a model, also those that could not be read or had to be mended.
for (const { predictor, adapter, modelId, outcome } of result.attempts) {
  console.log(`${predictor} asked ${modelId} by ${adapter}: ${outcome}`)
}
console.log(`${result.usage.calls} call, ${result.usage.tokensIn} tokens in, ${result.usage.costUsd} USD`)

// The same question in another form: how a signature becomes a prompt is the adapter's business.
const asJson = await triage.run({ mail }, { lm, adapter: 'json' })
console.log('by json:', asJson.team)

// What does not fit is refused by name, before anything is asked.
await triage.run({ mial: mail } as never, { lm }).catch((error) => console.log(error.code, '–', error.message))

// A copy with demonstrations; the original stays as it is. It is saved as plain JSON and loaded into any program with these fields.
const shown = triage.compile({
  predictors: {
    chainOfThought: {
      instructions: Triage.instructions,
      demos: [
        { inputs: { mail: 'the app crashes when I log in' }, outputs: { team: 'tech', urgency: 3 } },
        { inputs: { mail: 'what do 20 seats cost' }, outputs: { team: 'sales', urgency: 1 } },
      ],
    },
  },
})
const path = join(await mkdtemp(join(tmpdir(), 'first-program-')), 'triage.json')
await shown.save(path)
const loaded = await loadProgram(triage, path)
console.log('demonstrations:', triage.demos.length, 'before,', loaded.demos.length, 'loaded')
const again = await loaded.run({ mail: 'it crashes whenever I press the button' }, { lm })
console.log(again.team, again.urgency)
