/** What a test and a process it started say to each other, over the channel of Node's between parent and child. */

import type { WireError } from '../../errors.ts'

export type ToProcess = { readonly type: 'ask'; readonly id: number; readonly name: string; readonly input: unknown }

export type FromProcess =
  | { readonly type: 'ready'; readonly names: readonly string[] }
  | { readonly type: 'answer'; readonly id: number; readonly output: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: WireError }
  | { readonly type: 'report'; readonly what: unknown }

/** Variables of the environment by which a process knows what it is called and where its history goes. */
export const processVariables = { name: 'MABEAM_PROCESS', history: 'MABEAM_HISTORY' } as const

/** Functions by name, each asked with one input. */
// biome-ignore lint/suspicious/noExplicitAny: inputs are inferred from the functions that a module gives.
export type Answers = { readonly [name: string]: (input: any) => unknown }
