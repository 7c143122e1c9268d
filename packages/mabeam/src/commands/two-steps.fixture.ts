/** A program of two predictors. */

import { defineProgram, exactMatch, signature } from '@mabeam/dspx'

export default defineProgram({
  name: 'two-steps',
  signature: signature('text -> team: "billing" | "tech"'),
  predictors: {
    summary: signature('text -> summary', 'Say it in one sentence.'),
    team: signature('summary -> team: "billing" | "tech"', 'billing: refund, charged; tech: crash, login'),
  },
  run: async ({ summary, team }, { text }) => team({ summary: (await summary({ text })).summary }),
  metric: exactMatch('team'),
})
