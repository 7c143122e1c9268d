import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type NewestMessage, type RefusedWrite, type WriteVerdict, writeVerdict } from './write-verdict.ts'

const own: RefusedWrite = { id: 'own', over: 7, isCreation: false, isCertain: false }
const other: NewestMessage = { sequence: 9, id: 'other', over: 7, isCreation: false }

describe('writeVerdict', () => {
  test('was written when it is the newest, whatever was said', () => {
    expect(writeVerdict({ ...own, isCertain: true }, { ...other, id: 'own' })).toBe('written')
  })

  test('is refused when another write took its place, or when whoever refused it knew of something newer', () => {
    expect(writeVerdict(own, other)).toBe('refused')
    expect(writeVerdict({ ...own, isCertain: true }, { ...other, over: 8 })).toBe('refused')
    expect(writeVerdict({ ...own, isCreation: true }, { ...other, over: 8, isCreation: true })).toBe('refused')
  })

  test('is open when nothing newer is found: a server that is behind says nothing of what others did', () => {
    expect(writeVerdict(own, undefined)).toBe('open')
    expect(writeVerdict(own, { ...other, sequence: 3 })).toBe('open')
    expect(writeVerdict(own, { ...other, sequence: 7 })).toBe('open')
  })

  test('is unknown when it may have been written over by now', () => {
    expect(writeVerdict(own, { ...other, over: 8 })).toBe('unknown')
    expect(writeVerdict(own, { ...other, over: undefined })).toBe('unknown')
    expect(writeVerdict(own, { ...other, over: 8, isCreation: true })).toBe('unknown')
  })

  test('never calls refused what was done, and never done what was not, in a thousand histories', () => {
    const { wrong, told } = judged(writeVerdict)
    expect(wrong).toEqual([])
    for (const verdict of ['written', 'refused', 'open', 'unknown'] as const) expect(told.has(verdict)).toBe(true)
  })

  test.each<[string, typeof writeVerdict]>([
    ['whoever is behind is believed', (one, newest) => (newest?.sequence !== one.over ? told(one, newest) : 'open')],
    ['what was written over counts as never done', (one, newest) => keep(writeVerdict(one, newest), 'refused')],
    [
      'a refusal counts',
      (one, newest) => (newest === undefined ? 'open' : newest.id === one.id ? 'written' : 'refused'),
    ],
  ])('the histories find the bug that %s', (_, planted) => {
    expect(judged(planted).wrong.length).toBeGreaterThan(0)
  })
})

function told(one: RefusedWrite, newest: NewestMessage | undefined): WriteVerdict {
  return newest?.id === one.id ? 'written' : 'refused'
}

function keep(verdict: WriteVerdict, instead: WriteVerdict): WriteVerdict {
  return verdict === 'unknown' ? instead : verdict
}

/**
 * Histories of one key: others write, the leader does or refuses ours, a server that has only the beginning of the history refuses it
 * too and is heard first, others write on, and some server is asked for the newest.
 */
function judged(verdictOf: typeof writeVerdict) {
  const wrong: string[] = []
  const told = new Set<WriteVerdict>()
  for (let seed = 0; seed < 1_000; seed++) {
    const random = seededRandom(seed)
    const kept: NewestMessage[] = []
    const add = (id: string, over: number | undefined) =>
      kept.push({ sequence: (kept.at(-1)?.sequence ?? 0) + 1 + random.int(3), id, over, isCreation: false })
    const write = (id: string) => add(id, random.int(4) === 0 ? undefined : (kept.at(-1)?.sequence ?? 0))
    for (let n = 1 + random.int(4); n > 0; n--) write(`before-${n}`)
    const over = kept[random.int(3) === 0 ? random.int(kept.length) : kept.length - 1]?.sequence ?? 0
    const behind = kept.slice(0, random.int(kept.length + 1))
    const newestBefore = kept.at(-1)?.sequence ?? 0
    const isDone = over === newestBefore && random.int(4) > 0
    if (isDone) add('own', over)
    // The one that leads says so only of what it refuses; the one that is behind refuses anything.
    const heard = isDone || random.int(2) === 0 ? behind.at(-1)?.sequence : newestBefore
    const isCertain = heard !== undefined && heard > over
    for (let n = random.int(4); n > 0; n--) write(`after-${n}`)
    const asked = random.int(3) === 0 ? behind : kept
    const verdict = verdictOf({ id: 'own', over, isCreation: false, isCertain }, asked.at(-1))
    told.add(verdict)
    if ((verdict === 'refused' && isDone) || (verdict === 'written' && !isDone)) wrong.push(`seed ${seed}: ${verdict}`)
  }
  return { wrong, told }
}
