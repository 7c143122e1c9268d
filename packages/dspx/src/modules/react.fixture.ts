/** An agent that knows the weather, and answers that models give it. */

import { z } from 'zod'
import { tool } from '../tools/tool.ts'
import { react } from './react.ts'

export const weather = tool('weather', {
  description: 'The weather of a city.',
  input: z.object({ city: z.string() }),
  run: ({ city }) => `sunny in ${city}`,
})
export const weatherAgent = react('question -> answer', { tools: [weather] })
export const question = 'Where is the sun?'

/** The answer in the end, out of the trajectory. */
export function extracted(answer: string): string {
  return `[[ ## reasoning ## ]]\nseen\n\n[[ ## answer ## ]]\n${answer}\n\n[[ ## completed ## ]]`
}

/** A step that is told in words, for models that call no tools. */
export function worded(thought: string, name: string, input = '{}'): string {
  return `[[ ## thought ## ]]\n${thought}\n\n[[ ## tool ## ]]\n${name}\n\n[[ ## arguments ## ]]\n${input}\n\n[[ ## completed ## ]]`
}
