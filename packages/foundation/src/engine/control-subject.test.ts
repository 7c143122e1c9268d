import { expect, test } from 'vitest'
import { isControlSubject } from './control-subject.ts'

test('membership, signs of life and the control channel are what holds a system together', () => {
  const control = [
    's.member.hello',
    's.session.beat.n1',
    's.session.>',
    's.channel.control.a',
    's.channel-reply.control.x',
  ]
  const data = ['s.node.n1', 's.channel.events.a', 's.channel.>', 's.>', 's', 'member.x.y', 's.members.x']
  expect(control.filter((one) => !isControlSubject(one))).toEqual([])
  expect(data.filter(isControlSubject)).toEqual([])
})
