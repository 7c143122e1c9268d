/** Tools: a model thinks, calls functions of yours, sees what they give, and answers. There is always an answer, and why the work ended. */

import { react, tool } from '@mabeam/dspx'
import { scriptedModel } from '@mabeam/dspx/testing'
import { z } from 'zod'

const stock = new Map([
  ['lamp', 12],
  ['bike rack', 0],
])
const inStock = tool('in_stock', {
  description: 'How many pieces of an article are in stock.',
  input: z.object({ article: z.string() }),
  run: ({ article }) => {
    const count = stock.get(article)
    if (count === undefined) throw new Error(`no article "${article}"; there are ${[...stock.keys()].join(', ')}`)
    return { article, count }
  },
})
const order = tool('order', {
  description: 'Orders pieces of an article, at most 10.',
  input: z.object({ article: z.string(), count: z.int().min(1).max(10) }),
  run: ({ article, count }) => {
    stock.set(article, (stock.get(article) ?? 0) - count)
    return `ordered ${count} of ${article}`
  },
})
const tools = [inStock, order]
const clerk = react('request -> reply: string, ordered: int', { tools, stepsMax: 6, toolCalls: 'words' })

// A model from a script, since the embedded one can't plan. It asks for tools in words; without `toolCalls: 'words'` a model such as
// openai('gpt-4.1-mini') is asked by the tool calls of its provider.
const says = (thought: string, tool: string, input: object) =>
  fields({ thought, tool, arguments: JSON.stringify(input) })
const fields = (values: { readonly [name: string]: string | number }) =>
  Object.entries(values)
    .map(([name, value]) => `[[ ## ${name} ## ]]\n${value}`)
    .join('\n\n')
const lm = scriptedModel([
  says('I look for lamps.', 'in_stock', { article: 'lamps' }),
  says('It is called lamp.', 'in_stock', { article: 'lamp' }),
  says('I order all.', 'order', { article: 'lamp', count: 20 }),
  says('At most 10 then.', 'order', { article: 'lamp', count: 10 }),
  says('Done.', 'finish', {}),
  fields({ reasoning: '10 were ordered', reply: 'Ten lamps are on their way.', ordered: 10 }),
])

// Steps as they are made. What goes wrong in a tool, or in a call of one, is what the model sees, and it goes on from there.
for await (const part of clerk.steps({ request: 'Please send me 20 lamps' }, { lm })) {
  if (part.type === 'step') {
    const { thought, calls } = part.step
    for (const { tool, arguments: given, outcome, observation } of calls) {
      console.log(`${part.index + 1}. ${thought} ${tool}(${JSON.stringify(given)}) ${outcome}: ${observation}`)
    }
  } else {
    const { reply, ordered, ended, usage } = part.result
    console.log({ reply, ordered, ended, calls: usage.calls })
  }
}

// Without enough steps the answer is made of what is known, and `ended` says so. The limit is a setting, which can be tuned.
const hasty = clerk.compile({ settings: { stepsMax: 1 } })
const short = await hasty.run(
  { request: 'Are there lamps?' },
  {
    lm: scriptedModel([
      says('I look.', 'in_stock', { article: 'lamp' }),
      fields({ reasoning: 'there are 2', reply: 'Two are left.', ordered: 0 }),
    ]),
  },
)
console.log(short.reply, 'ended by:', short.ended)
