import { describe, expect, test } from 'vitest'
import { dynamicSupervisorContract, failingCases } from '../testing/index.ts'
import {
  type DynamicChildState,
  type DynamicEvent,
  type DynamicState,
  type DynamicStep,
  dynamicStep,
} from './dynamic-step.ts'

describe('dynamicStep keeps the contract', () => {
  for (const { name, run } of dynamicSupervisorContract(dynamicStep)) test(name, run)
})

describe('dynamicSupervisorContract notices', () => {
  /** The step with another state, child or event put under it, and its own state put back. */
  const under = (change: {
    state?: (state: DynamicState) => Partial<DynamicState>
    child?: (child: DynamicChildState) => Partial<DynamicChildState>
    event?: (event: DynamicEvent) => DynamicEvent
  }): DynamicStep => {
    return (state, child, event) => {
      const changed = { ...state, ...change.state?.(state) }
      const stepped = dynamicStep(
        changed,
        child && { ...child, ...change.child?.(child) },
        change.event?.(event) ?? event,
      )
      const { childrenMax, restartsMax, windowMs, backoff } = state
      return { ...stepped, state: { ...stepped.state, childrenMax, restartsMax, windowMs, backoff } }
    }
  }
  const mutants: Record<string, DynamicStep> = {
    'one restart too many': under({ state: ({ restartsMax }) => ({ restartsMax: restartsMax + 1 }) }),
    'one restart too few': under({ state: ({ restartsMax }) => ({ restartsMax: restartsMax - 1 }) }),
    'a window that never ends': under({ state: () => ({ windowMs: Number.POSITIVE_INFINITY }) }),
    'a window that is too short': under({ state: ({ windowMs }) => ({ windowMs: windowMs / 4 }) }),
    'one child too many': under({ state: ({ childrenMax }) => ({ childrenMax: childrenMax + 1 }) }),
    'one child too few': under({ state: ({ childrenMax }) => ({ childrenMax: childrenMax - 1 }) }),
    'a back-off that is ignored': under({ state: () => ({ backoff: undefined }) }),
    'a temporary child restarted': under({
      child: ({ restart }) => (restart === 'temporary' ? { restart: 'permanent' } : {}),
    }),
    'a transient child restarted after a good end': under({
      event: (event) => (event.type === 'child-exited' ? { ...event, abnormal: true } : event),
    }),
    'a crash taken for a good end': under({
      event: (event) => (event.type === 'child-exited' ? { ...event, abnormal: false } : event),
    }),
    'a stopped child restarted': under({
      child: ({ status }) => (status === 'stopping' ? { status: 'running' } : {}),
    }),
    'restarts counted for each child alone': (state, child, event) => {
      if (event.type !== 'child-exited' || child === undefined) return dynamicStep(state, child, event)
      return dynamicStep({ ...state, restartsMs: state.restartsMs.slice(0, child.row) }, child, event)
    },
    'a child restarted twice': (state, child, event) => {
      const stepped = dynamicStep(state, child, event)
      const again = event.type === 'child-exited' ? stepped.commands.filter((one) => one.type === 'child-start') : []
      return { ...stepped, commands: [...stepped.commands, ...again] }
    },
    'a wait that outlives the end': (state, child, event) => {
      const stepped = dynamicStep(state, child, event)
      return { ...stepped, commands: stepped.commands.filter((one) => one.type !== 'child-wait-cancel') }
    },
    'a stop that leaves one running': (state, child, event) => {
      const forgotten = event.type === 'child-stop' && child?.restart === 'transient' && child.status === 'running'
      if (!forgotten) return dynamicStep(state, child, event)
      return { state: { ...state, children: state.children - 1 }, child: { ...child, status: 'gone' }, commands: [] }
    },
    'a child that is not forgotten': (state, child, event) => {
      const stepped = dynamicStep(state, child, event)
      const gone = stepped.child?.status === 'gone' && child?.status === 'running'
      return gone ? { ...stepped, state: { ...stepped.state, children: state.children } } : stepped
    },
    'a failed first start that is tried again': under({
      child: (child) => (child.status === 'starting' ? { restarts: child.restarts + 1 } : {}),
    }),
    'an end that is told twice': (state, child, event) => {
      if (state.phase !== 'stopped') return dynamicStep(state, child, event)
      return { state, child, commands: [{ type: 'supervisor-stopped', reason: 'shutdown' }] }
    },
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(dynamicSupervisorContract(mutant))).not.toEqual([])
    })
  }
})
