import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { settled, virtualClock } from '../testing/index.ts'
import { memoryEngine } from './engines/memory.ts'
import { KeptWatch } from './kept-watch.ts'
import { WatchedState } from './watched-state.ts'

const value = new Uint8Array([1])

async function world() {
  const clock = virtualClock()
  const state = await memoryEngine({ clock }).state('things')
  const kept = { state, clock, random: seededRandom(1), onChange: () => {} }
  return { state, kept, copy: new WatchedState(state, kept) }
}

describe('WatchedState', () => {
  test('knows at once what this node wrote', async () => {
    const { state, copy } = await world()
    await copy.open()
    const revision = await state.create('a', value)
    copy.note({ key: 'a', value, revision })
    expect(copy.get('a')?.revision).toBe(revision)
    await copy[Symbol.asyncDispose]()
  })

  test('does not bring back what was removed before this node noted that it wrote it', async () => {
    const { state, copy } = await world()
    await copy.open()
    const revision = await state.create('a', value)
    await state.delete('a')
    await settled()
    copy.note({ key: 'a', value, revision })
    expect(copy.get('a')).toBeUndefined()
    await copy[Symbol.asyncDispose]()
  })
})

describe('KeptWatch', () => {
  test('that is closed while it opens leaves no watch', async () => {
    const { state, kept } = await world()
    const opened: { ended: boolean }[] = []
    const watched = {
      ...kept,
      state: {
        ...state,
        watch: async () => {
          const one = { ended: false }
          opened.push(one)
          await settled()
          const end = async () => {
            one.ended = true
          }
          return { lost: new Promise<Error>(() => {}), [Symbol.asyncDispose]: end }
        },
      },
    }
    const watch = new KeptWatch(watched)
    const opening = watch.open()
    await watch[Symbol.asyncDispose]()
    await opening
    expect(opened).toEqual([{ ended: true }])
  })
})
