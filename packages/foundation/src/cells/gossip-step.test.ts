import { expect, test } from 'vitest'
import type { CellMessage } from './cell-message.ts'
import { type GossipCommand, type GossipEvent, type GossipState, gossipStep, newGossip } from './gossip-step.ts'

/** The state and the commands of the last event. */
function after(...events: readonly GossipEvent[]): readonly [GossipState, readonly GossipCommand[]] {
  let stepped: readonly [GossipState, readonly GossipCommand[]] = [newGossip({ helloMs: 100, peersMax: 2 }), []]
  for (const event of events) stepped = gossipStep(stepped[0], event)
  return stepped
}

const opened = (cell: string): GossipEvent => ({ type: 'cell-opened', cell })
const heard = (from: string, message: CellMessage, atMs = 0, differing: readonly string[] = []): GossipEvent => ({
  type: 'heard',
  from,
  message,
  atMs,
  differing,
})
const hello = (cells: readonly string[], answer = false): CellMessage => ({ type: 'hello', cells, answer })
const sync = (draw: number, atMs = 0): GossipEvent => ({ type: 'sync-due', atMs, draw })

test('a cell that was just opened is asked for at the first who has it, once', () => {
  const [state, commands] = after(opened('c'), heard('p', hello(['c', 'other'])))
  expect(commands).toEqual([{ type: 'send-digests', to: 'p', cells: ['c'] }])
  expect(gossipStep(state, heard('q', hello(['c'])))[1]).toEqual([])
})

test('a hello that asks for an answer is answered to the sender alone', () => {
  expect(after(heard('p', hello([], true)))[1]).toEqual([{ type: 'send-hello', to: 'p', answer: false }])
})

test('digests go to one of those that share a cell, each by its share of the draw, and of shared cells only', () => {
  const events = [opened('c'), opened('d'), heard('p', hello(['c'])), heard('q', hello(['x', 'd']))]
  expect(after(...events, sync(0.49))[1]).toEqual([{ type: 'send-digests', to: 'p', cells: ['c'] }])
  expect(after(...events, sync(0.5))[1]).toEqual([{ type: 'send-digests', to: 'q', cells: ['d'] }])
  expect(after(opened('c'), heard('p', hello(['x'])), sync(0))[1]).toEqual([])
})

test('where digests differ the state is sent and asked for; where they do not, nothing is', () => {
  const message: CellMessage = { type: 'digests', digests: [] }
  expect(after(opened('c'), heard('p', message, 0, ['c']))[1]).toEqual([
    { type: 'send-states', to: 'p', cells: ['c'] },
    { type: 'send-want', to: 'p', cells: ['c'] },
  ])
  expect(after(opened('c'), heard('p', message, 0, []))[1]).toEqual([])
})

test('what is asked for is sent, of cells that are open', () => {
  const want: CellMessage = { type: 'want', cells: ['c', 'unknown'] }
  expect(after(opened('c'), heard('p', want))[1]).toEqual([{ type: 'send-states', to: 'p', cells: ['c'] }])
})

test('a peer that was silent for four hellos is kept, one millisecond more and it is forgotten', () => {
  const events = [opened('c'), heard('p', hello(['c']), 0)]
  expect(after(...events, sync(0, 400))[1]).toEqual([{ type: 'send-digests', to: 'p', cells: ['c'] }])
  const [state, commands] = after(...events, sync(0, 401))
  expect(commands).toEqual([{ type: 'peer-forgotten', peer: 'p' }])
  expect(state.peers.size).toBe(0)
})

test('of more peers than allowed the one that was silent longest is forgotten', () => {
  const [state, commands] = after(
    heard('p', hello([]), 0),
    heard('q', hello([]), 1),
    heard('p', hello([]), 2),
    heard('r', hello([]), 3),
  )
  expect(commands).toEqual([{ type: 'peer-forgotten', peer: 'q' }])
  expect([...state.peers.keys()]).toEqual(['p', 'r'])
})

test('a peer that says goodbye is forgotten at once', () => {
  expect(after(heard('p', hello(['c'])), heard('p', { type: 'bye' }))[0].peers.size).toBe(0)
})
