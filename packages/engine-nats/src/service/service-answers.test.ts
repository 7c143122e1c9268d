import { describe, expect, test } from 'vitest'
import { serviceAnswer, serviceSubjects, serviceVerbs } from './service-answers.ts'

const who = { system: 'shop', node: 'n1', startedMs: Date.UTC(2026, 10, 25) }
const counts = { messagesIn: 7, messagesOut: 5, bytesIn: 700, bytesOut: 500 }

describe('a node as a NATS service', () => {
  test('is asked together with all, with those of its system, and alone', () => {
    expect(serviceSubjects('PING', who)).toEqual(['$SRV.PING', '$SRV.PING.shop', '$SRV.PING.shop.n1'])
  })

  test('answers each question with its kind, its system and its name', () => {
    for (const verb of serviceVerbs) {
      expect(serviceAnswer(verb, who, counts)).toMatchObject({
        type: `io.nats.micro.v1.${verb.toLowerCase()}_response`,
        name: 'shop',
        id: 'n1',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      })
    }
  })

  test('says where it is reached, since when, and how much came and went', () => {
    expect(serviceAnswer('INFO', who, counts)).toMatchObject({ endpoints: [{ subject: 'shop.node.n1' }] })
    expect(serviceAnswer('STATS', who, counts)).toMatchObject({
      started: '2026-11-25T00:00:00.000Z',
      endpoints: [{ num_requests: 7, data: { messagesOut: 5, bytesIn: 700, bytesOut: 500 } }],
    })
  })
})
