/** The errors of tools. What a tool does wrong while a model works with it is an observation and no error. */

import { MabeamError, show } from '@mabeam/foundation'

/** A tool that no model could call. */
export function invalidTool(name: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-tool', `tool ${name}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { name, key, expected, got: show(got) },
  })
}
