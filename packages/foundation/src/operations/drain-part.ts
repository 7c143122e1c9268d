/** A part of a node that holds something for the system, and can give it away without being closed. */

/** What a part still has that others could have. */
export interface DrainLeft {
  /** Places that this node holds. */
  readonly places: readonly string[]
  /** Places it gave up that nobody holds yet. */
  readonly untaken: readonly string[]
  /** Tasks of queues under way here. */
  readonly tasks: number
  /** Actors with a name of the system that are to move, or do so. */
  readonly moves: number
  /** Services and groups in which others still find actors of this node. */
  readonly registrations: number
}

export const nothingLeft: DrainLeft = { places: [], untaken: [], tasks: 0, moves: 0, registrations: 0 }

/** Asked by the node alone. None of it throws or waits. */
export interface DrainPart {
  /**
   * Begins nothing more for the system and gives away what it has. `onChange` is called whenever `left` may be another. Asked
   * again, the newest `onChange` counts.
   */
  drain(onChange: () => void): void
  /** Takes part again as before. */
  undrain(): void
  readonly left: DrainLeft
}

export function isDrainPart(part: object): part is DrainPart {
  return 'drain' in part && 'undrain' in part && 'left' in part
}

/** All that several parts have left. */
export function sumOfLeft(parts: Iterable<DrainPart>): DrainLeft {
  const places: string[] = []
  const untaken: string[] = []
  let tasks = 0
  let moves = 0
  let registrations = 0
  for (const { left } of parts) {
    places.push(...left.places)
    untaken.push(...left.untaken)
    tasks += left.tasks
    moves += left.moves
    registrations += left.registrations
  }
  return { places: places.sort(), untaken: untaken.sort(), tasks, moves, registrations }
}

export function isNothing({ places, untaken, tasks, moves, registrations }: DrainLeft): boolean {
  return places.length + untaken.length + tasks + moves + registrations === 0
}
