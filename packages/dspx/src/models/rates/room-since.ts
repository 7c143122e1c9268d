/**
 * The least room there was in a bucket since some turn: what a call that guessed too high may get back, since a bucket that was as full
 * as that by what flowed in would have spilled the rest. A list of falling minima, never changed in place.
 */

export interface RoomSince {
  readonly turn: number
  readonly room: number
  /** The one before, of less room: more of it is never asked for. */
  readonly before: RoomSince | undefined
}

/** There was so much room at that turn, later than all before. */
export function withRoom(last: RoomSince | undefined, turn: number, room: number): RoomSince {
  let before = last
  while (before !== undefined && before.room >= room) before = before.before
  return { turn, room, before }
}

/** The least since that turn, with it; `Infinity` where none was noted. */
export function leastRoom(last: RoomSince | undefined, since: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let one = last; one !== undefined && one.turn >= since; one = one.before) least = one.room
  return least
}

/** As if there had been so much less since that turn. */
export function withLess(last: RoomSince | undefined, since: number, less: number): RoomSince | undefined {
  const later: RoomSince[] = []
  let one = last
  for (; one !== undefined && one.turn >= since; one = one.before) later.push(one)
  let result = one
  for (const { turn, room } of later.reverse()) result = withRoom(result, turn, room - less)
  return result
}
