/** The laws of an engine, for authors of one: those of its messages here, those of its other parts beside. */

import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.ts'
import { engineBlobLaws } from './engine-blob-contract.ts'
import { engineDeadLetterLaws } from './engine-dead-letter-contract.ts'
import { bytes, codeOf, engineLaw, type TestedEngine, text } from './engine-law.ts'
import { engineLifeLaws } from './engine-life-contract.ts'
import { engineQueueLaws } from './engine-queue-contract.ts'
import { engineStateLaws } from './engine-state-contract.ts'
import { engineWatchLaws } from './engine-watch-contract.ts'

export type { TestedEngine } from './engine-law.ts'

/**
 * `open` gives an engine with nothing in it for each law.
 *
 * @example for (const { name, run } of engineContract(open)) test(name, run)
 */
export function engineContract(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const kept = [engineStateLaws, engineWatchLaws, engineQueueLaws, engineDeadLetterLaws, engineBlobLaws]
  const parts = [messageLaws, engineLifeLaws, ...kept]
  return parts.flatMap((laws) => laws(open))
}

function messageLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, name, check)
  return [
    law('every subscriber gets what is published on its subject, in order, and nothing else', getsInOrder),
    law('nothing is delivered in the turn of the publisher', deliversLater),
    law('* stands for one word and > for the rest', matchesPatterns),
    law('of a queue one subscriber gets each message, and all get some', sharesQueue),
    law('bodies are not shared between sender and receivers', copiesBodies),
    law('a request is answered once, the first answer counts', answersRequests),
    law('an answer that is too long is refused to who gives it, and another one can be given', refusesLongAnswers),
    law('a request nobody listens to fails at once', failsWithoutResponders),
    law('a request nobody answers fails in time, and one that is aborted with the reason', failsInTime),
    law('an ended subscription gets nothing more, and ending it again is harmless', endsSubscriptions),
    law(
      'a subscription that is drained answers all that was asked before, and leaves nobody without an answer',
      drains,
    ),
    law('a subscriber that is full drops and counts the newest; one at its limit drops none', countsDropped),
    law('a subscriber that throws hurts no other, nor itself later', survivesThrowing),
    law('impossible subjects are refused', refusesSubjects),
    law('closing hands over what was published and ends what waits', closes),
  ]
}

async function collect(tested: TestedEngine, pattern: string, queue?: string): Promise<string[]> {
  const got: string[] = []
  const onMessage = (message: { subject: string; body: Uint8Array }) =>
    void got.push(`${message.subject}=${text(message.body)}`)
  await tested.engine.subscribe(pattern, onMessage, queue === undefined ? {} : { queue })
  return got
}

async function getsInOrder(tested: TestedEngine): Promise<void> {
  const [one, two, other] = [await collect(tested, 'a.b'), await collect(tested, 'a.b'), await collect(tested, 'a.c')]
  const sent = Array.from({ length: 200 }, (_, i) => `a.b=${i}`)
  for (let i = 0; i < 200; i++) tested.engine.publish('a.b', bytes(String(i)))
  await tested.settle()
  assert.deepEqual(one, sent)
  assert.deepEqual(two, sent)
  assert.deepEqual(other, [])
}

async function deliversLater(tested: TestedEngine): Promise<void> {
  const got = await collect(tested, 'a')
  tested.engine.publish('a', bytes('1'))
  assert.deepEqual(got, [])
  await tested.settle()
  assert.deepEqual(got, ['a=1'])
}

async function matchesPatterns(tested: TestedEngine): Promise<void> {
  const star = await collect(tested, 'a.*.c')
  const rest = await collect(tested, 'a.>')
  for (const subject of ['a', 'a.b', 'a.b.c', 'a.b.c.d', 'x.b.c']) tested.engine.publish(subject, bytes(''))
  await tested.settle()
  assert.deepEqual(star, ['a.b.c='])
  assert.deepEqual(rest, ['a.b=', 'a.b.c=', 'a.b.c.d='])
}

async function refusesLongAnswers(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const codes: Promise<string>[] = []
  await engine.subscribe('a', (message) => {
    codes.push(codeOf(() => message.respond(new Uint8Array(70_000_000))))
    message.respond(bytes('short'))
  })
  assert.equal(text(await engine.request('a', bytes(''))), 'short')
  assert.deepEqual(await Promise.all(codes), ['foundation/payload-too-large'])
}

async function sharesQueue(tested: TestedEngine): Promise<void> {
  const members = [await collect(tested, 'work', 'q'), await collect(tested, 'work', 'q')]
  const apart = await collect(tested, 'work', 'other')
  for (let i = 0; i < 100; i++) tested.engine.publish('work', bytes(String(i)))
  await tested.settle()
  assert.equal(members.flat().length, 100)
  assert.equal(new Set(members.flat()).size, 100)
  assert.ok(members.every((got) => got.length > 0))
  assert.equal(apart.length, 100)
}

async function copiesBodies(tested: TestedEngine): Promise<void> {
  const got: Uint8Array[] = []
  for (let i = 0; i < 2; i++) await tested.engine.subscribe('a', ({ body }) => void got.push(body))
  // A Buffer's own `slice` would share.
  const body = Buffer.from(bytes('1').buffer)
  tested.engine.publish('a', body)
  body[0] = 0
  await tested.settle()
  ;(got[0] as Uint8Array)[0] = 7
  assert.equal(text(got[1] as Uint8Array), '1')
}

async function answersRequests(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  await engine.subscribe('ask', (message) => {
    assert.ok(message.isRequest)
    message.respond(bytes(`${text(message.body)}!`))
    message.respond(bytes('too late'))
  })
  const answers = ['a', 'b', 'c'].map((one) => engine.request('ask', bytes(one)))
  assert.deepEqual((await Promise.all(answers)).map(text), ['a!', 'b!', 'c!'])
  const got: boolean[] = []
  await engine.subscribe('tell', (message) => {
    got.push(message.isRequest)
    message.respond(bytes('nobody waits'))
  })
  engine.publish('tell', bytes(''))
  await tested.settle()
  assert.deepEqual(got, [false])
}

async function failsWithoutResponders(tested: TestedEngine): Promise<void> {
  assert.equal(await codeOf(() => tested.engine.request('nobody', bytes(''))), 'foundation/no-responders')
}

async function failsInTime(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  await engine.subscribe('silent', () => {})
  const late = codeOf(() => engine.request('silent', bytes(''), { timeoutMs: 50 }))
  const abort = new AbortController()
  const aborted = codeOf(() => engine.request('silent', bytes(''), { signal: abort.signal }))
  abort.abort('enough')
  await tested.advance(60)
  assert.equal(await late, 'foundation/request-timeout')
  assert.equal(await aborted, 'enough')
}

async function endsSubscriptions(tested: TestedEngine): Promise<void> {
  const got: string[] = []
  const subscription = await tested.engine.subscribe('a', ({ body }) => void got.push(text(body)))
  tested.engine.publish('a', bytes('1'))
  await tested.settle()
  await subscription[Symbol.asyncDispose]()
  await subscription[Symbol.asyncDispose]()
  tested.engine.publish('a', bytes('2'))
  await tested.settle()
  assert.deepEqual(got, ['1'])
  assert.equal(await codeOf(() => tested.engine.request('a', bytes(''))), 'foundation/no-responders')
}

async function drains(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const got: string[] = []
  const subscription = await engine.subscribe('a', (message) => {
    got.push(text(message.body))
    message.respond(message.body)
  })
  let open = 0
  const ask = async (one: string) => {
    open++
    const answering = engine.request('a', bytes(one), { timeoutMs: 4_000 })
    const answer = await answering.then(text, (thrown) => codeOf(() => Promise.reject(thrown)))
    open--
    return answer
  }
  const before = Array.from({ length: 100 }, (_, i) => ask(String(i)))
  const drained = subscription.drain()
  const meanwhile = Array.from({ length: 20 }, (_, i) => ask(`late-${i}`))
  await drained
  await tested.settle()
  if (open > 0) await tested.advance(4_000)
  const answered = await Promise.all(before)
  assert.deepEqual(
    answered,
    before.map((_, i) => String(i)),
  )
  const nobody = 'foundation/no-responders'
  const late = await Promise.all(meanwhile)
  for (const [i, answer] of late.entries()) assert.ok(answer === nobody || answer === `late-${i}`, answer)
  assert.deepEqual(got, [...answered, ...late.filter((one) => one !== nobody)])
  assert.equal(await ask('after'), nobody)
  await subscription.drain()
  await subscription[Symbol.asyncDispose]()
}

async function countsDropped(tested: TestedEngine): Promise<void> {
  const got: string[] = []
  const { engine } = tested
  const subscription = await engine.subscribe('a', ({ body }) => void got.push(text(body)), { capacity: 3 })
  for (const one of ['1', '2', '3']) engine.publish('a', bytes(one))
  await tested.settle()
  assert.equal(subscription.dropped, 0)
  for (const one of ['4', '5', '6', '7']) engine.publish('a', bytes(one))
  await tested.settle()
  assert.deepEqual(got, ['1', '2', '3', '4', '5', '6'])
  assert.equal(subscription.dropped, 1)
}

async function survivesThrowing(tested: TestedEngine): Promise<void> {
  const got: string[] = []
  await tested.engine.subscribe('a', ({ body }) => {
    got.push(text(body))
    throw new Error('a bug of this subscriber')
  })
  const other = await collect(tested, 'a')
  for (const one of ['1', '2']) tested.engine.publish('a', bytes(one))
  await tested.settle()
  assert.deepEqual(got, ['1', '2'])
  assert.deepEqual(other, ['a=1', 'a=2'])
}

async function refusesSubjects(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  for (const subject of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a.*', '>', '$a.b', '_a', 'x'.repeat(257)]) {
    assert.equal(await codeOf(() => engine.publish(subject, bytes(''))), 'foundation/invalid-subject', subject)
  }
  for (const pattern of ['', 'a.>.b', 'a*', 'a.b>', '>', '*.a', '$a.>', '_a']) {
    assert.equal(await codeOf(() => engine.subscribe(pattern, () => {})), 'foundation/invalid-subject', pattern)
  }
}

async function closes(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const got = await collect(tested, 'a')
  await engine.subscribe('silent', () => {})
  const waiting = codeOf(() => engine.request('silent', bytes('')))
  engine.publish('a', bytes('1'))
  await engine.close()
  await engine.close()
  assert.deepEqual(got, ['a=1'])
  assert.equal(await waiting, 'foundation/engine-closed')
  assert.equal(await codeOf(() => engine.publish('a', bytes(''))), 'foundation/engine-closed')
  assert.equal(await codeOf(() => engine.subscribe('a', () => {})), 'foundation/engine-closed')
}
