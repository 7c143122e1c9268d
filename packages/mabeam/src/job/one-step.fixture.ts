/** A program of one step. */

import { defineProgram, exactMatch } from '@mabeam/dspx'

export default defineProgram({
  name: 'route',
  predictors: { route: 'mail: string -> team: "billing" | "technical"' },
  metric: exactMatch('team'),
})
