/** The actor that the bench of moves moves: a state of so many bytes, and what it was told, in order. */

import { defineActor } from '@mabeam/foundation'

export interface Told {
  readonly sender: number
  readonly number: number
}

export const Mover = defineActor(import.meta.url, {
  name: 'mover',
  version: 1,
  init: (bytes: number) => ({ ballast: new Uint8Array(bytes), told: [] as Told[] }),
  calls: {
    tell: { run: (s, told: Told) => [{ ...s, told: [...s.told.slice(-9_999), told] }, told.number] },
    take: { run: (s) => [{ ...s, told: [] }, s.told] },
  },
  save: (s) => s,
  load: (s: { ballast: Uint8Array<ArrayBuffer>; told: Told[] }) => s,
})
