/** Values that are right in many calls. */

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as dspx from '../index.ts'

/** The values that options which may be left out take: nothing said in one of three ways. */
export function options(place: number, ...more: readonly string[]): string[] {
  return [`${place}: nothing`, `${place}: empty object`, `${place}: bare object`, ...more]
}

/** A class as a function. */
export function made(of: unknown): (...args: never) => unknown {
  return (...args: never) => Reflect.construct(of as new () => object, args)
}

export const rows: readonly dspx.Example[] = [
  { id: '1', inputs: { text: 'red' }, outputs: { team: 'a' } },
  { id: '2', inputs: { text: 'blue' }, outputs: { team: 'b' } },
  { id: '3', inputs: { text: 'green' }, outputs: { team: 'b' } },
]
export const route = () => dspx.predict('text -> team: "a" | "b"')
export const folder = join(tmpdir(), 'mabeam-wrong-arguments')
