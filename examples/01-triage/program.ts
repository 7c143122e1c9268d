/** The shipped example: a support ticket in; the team, the urgency and the words that decided out. */

import { defineProgram, exactMatch, signature } from 'mabeam'
import { z } from 'zod'

export const Triage = signature({
  name: 'triage',
  instructions: 'Route the support ticket to the team that has to act first, and say how urgent it is.',
  inputs: {
    text: z.string().describe('the ticket as the customer wrote it'),
  },
  outputs: {
    team: z
      .enum(['billing', 'shipping', 'technical', 'account', 'security', 'sales', 'other'])
      .describe('the team that has to act first'),
    urgency: z.enum(['low', 'normal', 'high']).describe('how soon somebody has to act'),
    evidence: z.string().describe('the words of the ticket that decided'),
  },
})

export default defineProgram({
  name: 'triage',
  predictors: { triage: Triage },
  metric: exactMatch('team', 'urgency'),
})
