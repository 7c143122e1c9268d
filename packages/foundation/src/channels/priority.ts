/** The five channels, the one that overtakes all others first. */

export const priorities = ['control', 'coordination', 'events', 'data', 'telemetry'] as const

/**
 * `control`: what keeps the system working. `coordination`: protocols of several actors. `events`: what has happened.
 * `data`: the work itself. `telemetry`: what may be lost.
 */
export type Priority = (typeof priorities)[number]
