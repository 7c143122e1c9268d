import { expect, test } from 'vitest'
import { seededRandom } from '../../../random.ts'
import { HubMessages, type MessagePeer } from './hub-messages.ts'

function peer() {
  const got: number[] = []
  const one: MessagePeer = {
    isFull: false,
    sendMessage: ({ subscription }) => void got.push(subscription),
    sendAnswer: () => {},
    sendNobody: () => {},
  }
  return { one, got }
}

const nothing = { source: Buffer.alloc(0), start: 0, end: 0 }

test('a subscription that is asked for again under its number is one: heard once, and gone when it ends', () => {
  const messages = new HubMessages({ subscriptionsMax: 1, requestsMax: 1 }, seededRandom(1), { report: () => {} })
  const { one, got } = peer()
  messages.subscribe(one, 7, ['news', undefined])
  messages.subscribe(one, 7, ['news', undefined])
  messages.publish('news', nothing)
  expect(got).toEqual([7])
  messages.unsubscribe(one, 7)
  messages.publish('news', nothing)
  expect(got).toEqual([7])
  messages.subscribe(one, 8, ['news', undefined])
  messages.leave(one)
  messages.publish('news', nothing)
  expect(got).toEqual([7])
})
