/** Program of thought: a model writes code, a sandbox runs it, and what it gives is checked like any answer. */

import { programOfThought, runSandboxed, tool } from '@mabeam/dspx'
import { scriptedModel } from '@mabeam/dspx/testing'
import { z } from 'zod'

const rate = tool('rate', {
  description: 'Euros for one unit of a currency.',
  input: z.object({ currency: z.enum(['USD', 'GBP']) }),
  run: ({ currency }) => ({ USD: 0.92, GBP: 1.17 })[currency],
})
const total = programOfThought(
  'bills: { amount: number, currency: "USD" | "GBP" | "EUR" }[] -> euros: number, largest: int',
  { tools: [rate], repairsMax: 2, limits: { timeoutMs: 1_000 } },
)

// A model from a script, since the embedded one can't write code. With a key: openai('gpt-4.1-mini').
const wrote = (code: string) =>
  `[[ ## reasoning ## ]]\nconvert, then add\n\n[[ ## code ## ]]\n${code}\n\n[[ ## completed ## ]]`
const lm = scriptedModel([
  wrote('inputs.bills.reduce((sum, bill) => sum + bill.amount, 0)'), // a number, but not an object with every output
  wrote(`const euros = []
for (const { amount, currency } of inputs.bills) {
  euros.push(currency === 'EUR' ? amount : amount * (await rate({ currency })))
}
console.log(euros)
;({ euros: euros.reduce((a, b) => a + b), largest: euros.indexOf(Math.max(...euros)) })`),
])
const bills = (['EUR', 'GBP', 'USD'] as const).map((currency) => ({ amount: 100, currency }))
const result = await total.run({ bills }, { lm })
console.log({ euros: result.euros, largest: result.largest })
for (const { fault, printed } of result.runs) console.log(fault ?? 'worked,', printed.trim())
console.log(result.attempts.map(({ adapter, outcome }) => `${adapter}: ${outcome}`).join(', '))

// The sandbox alone. Code that nobody has read has the language and what it is given by name, within limits, and nothing else.
const codes = [
  '[3, 1, 2].toSorted()',
  'await double(21)',
  'typeof process + " " + typeof require + " " + typeof fetch',
  'for (;;) {}',
  '"x".repeat(1e8).length',
]
const limits = { timeoutMs: 200, memoryBytes: 24 * 1024 * 1024 }
for (const code of codes) {
  const outcome = await runSandboxed(code, { limits, hosts: { double: async (n) => Number(n) * 2 } })
  console.log(code, '→', outcome.type === 'value' ? outcome.value : `${outcome.reason}: ${outcome.message}`)
}
