import { describe, expect, test } from 'vitest'
import { heardNow, type LinkLook, linkBeatStep } from './link-beat.ts'

/** At which look the hub is taken for silent; -1 for never. */
function silentAt(looks: readonly LinkLook[]): number {
  let beat = heardNow
  return looks.findIndex((look) => {
    const [next, isSilent] = linkBeatStep(beat, look)
    beat = next
    return isSilent
  })
}

const quiet = { heard: false, takenBytes: 500, waitingBytes: 0 }

describe('linkBeatStep', () => {
  test('a hub that says nothing is silent after two looks, and not where it says something between', () => {
    expect(silentAt([quiet, quiet])).toBe(1)
    expect(silentAt([quiet, { ...quiet, heard: true }, quiet, quiet])).toBe(3)
  })

  test('a hub that reads from a connection that was full is not silent, though its word waits behind that', () => {
    const flood = [1, 2, 3, 4, 5].map((n) => ({ heard: false, takenBytes: n * 1_000, waitingBytes: 9_000 }))
    expect(silentAt(flood)).toBe(-1)
    expect(silentAt([...flood, { ...quiet, takenBytes: 9_000 }, { ...quiet, takenBytes: 9_000 }])).toBe(-1)
  })

  test('one that reads nothing is, however much waits; and what the buffers took of the machine says nothing', () => {
    const stopped = { heard: false, takenBytes: 200_000, waitingBytes: 9_000 }
    expect(silentAt([stopped, stopped, stopped])).toBe(1)
    const buffered = [1, 2, 3].map((n) => ({ heard: false, takenBytes: n * 30, waitingBytes: 0 }))
    expect(silentAt(buffered)).toBe(1)
  })
})
