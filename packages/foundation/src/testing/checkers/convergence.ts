/** Whether replicas hold the same, once all of them have heard of everything. */

import { isDeepStrictEqual } from 'node:util'
import { show } from '../../options.ts'
import { type Verdict, violation } from './verdict.ts'

/** @example checkConverged(new Map([['n1', a.get()], ['n2', b.get()]])) */
export function checkConverged(replicas: ReadonlyMap<string, unknown>): Verdict {
  const groups: { readonly value: unknown; readonly names: string[] }[] = []
  for (const [name, value] of replicas) {
    const group = groups.find((one) => isDeepStrictEqual(one.value, value))
    if (group === undefined) groups.push({ value, names: [name] })
    else group.names.push(name)
  }
  if (groups.length <= 1) return { type: 'ok' }
  const sides = groups.map(({ names, value }) => `${names.join(', ')}: ${show(plain(value))}`)
  return violation(`replicas differ: ${sides.join('; ')}`, [])
}

function plain(value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...value] : value
}
