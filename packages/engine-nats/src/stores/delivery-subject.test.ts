import { describe, expect, test } from 'vitest'
import { deliveryWords } from './delivery-subject.ts'

describe('deliveryWords', () => {
  const words = { attempt: 2, streamSequence: 30, consumerSequence: 41, pending: 5 }

  test('reads the subject of an answer, with and without a domain', () => {
    expect(deliveryWords('$JS.ACK.MABEAM_queue_q.work.2.30.41.1700000000000000000.5')).toEqual(words)
    expect(deliveryWords('$JS.ACK.hub.hash.MABEAM_queue_q.work.2.30.41.1700000000000000000.5.token')).toEqual(words)
  })

  test('nothing for what is none', () => {
    for (const none of [undefined, '', '_INBOX.a.b', '$JS.ACK.stream.work', '$JS.API.a.b.2.30.41.17.5']) {
      expect(deliveryWords(none)).toBeUndefined()
    }
  })
})
