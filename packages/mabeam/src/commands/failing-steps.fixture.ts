/** A program that fails after its first step: by its own code, or by an answer that cannot be read. */

import { defineProgram, exactMatch, signature } from '@mabeam/dspx'

export default defineProgram({
  name: 'failing-steps',
  signature: signature('text, unreadable?: boolean -> amount: date'),
  predictors: {
    summary: signature('text -> summary', 'Say it in one sentence.'),
    amount: signature('summary -> amount: date'),
  },
  run: async ({ summary, amount }, { text, unreadable }) => {
    const said = await summary({ text })
    if (unreadable) return amount(said)
    throw new Error('no such account')
  },
  metric: exactMatch('amount'),
})
