/** What the laws of an engine's four parts are written with. */

import assert from 'node:assert/strict'
import type { Engine } from '../engine/engine.ts'
import { isMabeamError } from '../errors.ts'
import type { ContractCase } from './contract-case.ts'

/** An engine under test, with nothing in it: no state, queue or blob of an earlier law. */
export interface TestedEngine {
  readonly engine: Engine
  /** Resolves when everything published and written so far has been handed over. */
  settle(): Promise<void>
  /** Lets so much time pass on the clock of the engine. */
  advance(ms: number): Promise<void>
  /**
   * What laws multiply times by, those that they give the engine and those that they let pass: on the clock of the machine a law that must
   * look before a time is over needs more room the slower the machine is. @default 1
   */
  readonly pace?: number
}

/** A time of a law on the clock of that engine. */
export function paced({ pace = 1 }: TestedEngine, ms: number): number {
  return ms * pace
}

/** Opens an engine, runs the check and closes it. */
export function engineLaw(
  open: () => Promise<TestedEngine>,
  name: string,
  check: (tested: TestedEngine) => Promise<void>,
): ContractCase {
  return {
    name,
    async run() {
      const tested = await open()
      try {
        await check(tested)
      } finally {
        await tested.engine.close()
      }
    },
  }
}

export const text = (body: Uint8Array): string => new TextDecoder().decode(body)
export const bytes = (body: string): Uint8Array => new TextEncoder().encode(body)

/** The code of what is thrown; what is no error of ours as text; `no error`. */
export async function codeOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt()
  } catch (thrown) {
    return isMabeamError(thrown) ? thrown.code : String(thrown)
  }
  return 'no error'
}

/** All attempts at once: how many went well, and that the others failed with `code`. */
export async function winners(attempts: readonly Promise<unknown>[], code: string): Promise<number> {
  const codes = await Promise.all(attempts.map((one) => codeOf(() => one)))
  const lost = codes.filter((one) => one !== 'no error')
  for (const one of lost) assert.equal(one, code)
  return codes.length - lost.length
}
