import { expect, test } from 'vitest'
import { roleOf } from './subject-class.ts'

test('what holds a system together goes over one connection, all else over the other', () => {
  const control = [
    's.member.hello',
    's.member.node.n1',
    's.session.beat.n1',
    's.channel.control.a',
    's.channel-reply.control.x',
  ]
  const data = [
    's.node.n1',
    's.channel.events.a',
    's.channel.telemetry.>',
    's.queue.progress.q',
    'member.x.y',
    's.cells.all',
    's',
  ]
  expect(control.map(roleOf)).toEqual(control.map(() => 'control'))
  expect(data.map(roleOf)).toEqual(data.map(() => 'data'))
})
