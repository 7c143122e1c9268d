/** What is tuned about an LM program, as a space of usual size: what studies are measured over. */

import { choice, float, int, space } from '@mabeam/ml'

/** A new one each time: what samplers remember of a space is counted with the study that brought it about. */
export function lmProgramSpace() {
  return space({
    adapter: choice(['chat', 'json', 'xml']),
    reasoning: choice(['direct', 'cot', 'react']),
    model: choice(['nano', 'mini', 'standard', 'frontier']),
    instruction: int(0, 19),
    demos: int(0, 8),
    temperature: float(0, 1.5),
  })
}
