/** The program of `main-job-clinc`: a short request in, its domain out. */

import { defineProgram, exactMatch, signature } from 'mabeam'
import { z } from 'zod'

/** The domains of the intents in the data. */
export const clincDomains = [
  'auto_and_commute',
  'banking',
  'credit_cards',
  'home',
  'kitchen_and_dining',
  'meta',
  'small_talk',
  'travel',
  'utility',
  'work',
] as const

export default defineProgram({
  name: 'clinc',
  predictors: {
    clinc: signature({
      name: 'clinc',
      instructions: 'Say which domain the request to a voice assistant belongs to.',
      inputs: { text: z.string().describe('what the user said') },
      outputs: {
        domain: z.enum(clincDomains).describe('the domain of the request'),
      },
    }),
  },
  metric: exactMatch('domain'),
})
