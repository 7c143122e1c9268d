import { describe, expect, test } from 'vitest'
import { failingCases, supervisorContract } from '../testing/index.ts'
import { newSupervisor, type SupervisorState, type SupervisorStep, supervisorStep } from './supervisor-step.ts'

describe('supervisorStep keeps the contract', () => {
  for (const { name, run } of supervisorContract(supervisorStep)) test(name, run)
})

describe('supervisorContract notices', () => {
  const on = (change: (state: SupervisorState) => SupervisorState): SupervisorStep => {
    return (state, event) => supervisorStep(change(state), event)
  }
  const mutants: Record<string, SupervisorStep> = {
    'one restart too many': on((state) => ({ ...state, restartsMax: state.restartsMax + 1 })),
    'one restart too few': on((state) => ({ ...state, restartsMax: state.restartsMax - 1 })),
    'a window that never ends': on((state) => ({ ...state, windowMs: Number.POSITIVE_INFINITY })),
    'a window that is too short': on((state) => ({ ...state, windowMs: state.windowMs / 4 })),
    'rest-for-one taken for one-for-one': on((state) =>
      state.strategy === 'rest-for-one' ? { ...state, strategy: 'one-for-one' } : state,
    ),
    'temporary taken for transient': on((state) => ({
      ...state,
      children: state.children.map((one) => (one.restart === 'temporary' ? { ...one, restart: 'transient' } : one)),
    })),
    'a crash forgotten while others restart': (state, event) => {
      const [next, commands] = supervisorStep(state, event)
      return [{ ...next, backlog: [] }, commands]
    },
    'a child restarted twice': (state, event) => {
      const [next, commands] = supervisorStep(state, event)
      const again = event.type === 'child-exited' ? commands.filter((one) => one.type === 'child-start') : []
      return [next, [...commands, ...again]]
    },
    'children stopped in the order of starting': (state, event) => {
      const reversed = { ...state, children: [...state.children].reverse() }
      const stopping = state.phase === 'stopping' || event.type === 'stop'
      const [next, commands] = supervisorStep(stopping ? reversed : state, event)
      return [stopping ? { ...next, children: [...next.children].reverse() } : next, commands]
    },
    'a back-off that is ignored': on((state) => ({ ...state, backoff: undefined })),
    'a back-off that never begins anew': on((state) => ({
      ...state,
      children: state.children.map((one) => ({ ...one, restartedMs: one.row > 0 ? 1e9 : one.restartedMs })),
    })),
    'a wait that outlives the end': (state, event) => {
      const [next, commands] = supervisorStep(state, event)
      return [next, commands.filter((one) => one.type !== 'child-wait-cancel')]
    },
    'a temporary child restarted': on((state) => ({
      ...state,
      children: state.children.map((one) => (one.restart === 'temporary' ? { ...one, restart: 'permanent' } : one)),
    })),
    'restarts counted for each child alone': (state, event) => {
      if (event.type !== 'child-exited') return supervisorStep(state, event)
      const own = state.children.find((one) => one.id === event.childId)?.row ?? 0
      return supervisorStep({ ...state, restartsMs: state.restartsMs.slice(0, own) }, event)
    },
    'a stop that leaves one running': (state, event) => {
      const last = state.children.filter((one) => one.status === 'running')
      const forgets = event.type === 'stop' && last.length > 1
      const children = state.children.map((one) => (one === last[0] ? { ...one, status: 'stopped' as const } : one))
      return supervisorStep(forgets ? { ...state, children } : state, event)
    },
    'significant children forgotten': on((state) => ({ ...state, autoShutdown: 'never' })),
    'one significant child taken for all': on((state) =>
      state.autoShutdown === 'all-significant' ? { ...state, autoShutdown: 'any-significant' } : state,
    ),
    'an end that is told twice': (state, event) => {
      if (state.phase !== 'stopped') return supervisorStep(state, event)
      return [state, [{ type: 'supervisor-stopped', reason: 'shutdown' }]]
    },
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(supervisorContract(mutant))).not.toEqual([])
    })
  }
})

describe('supervisorStep', () => {
  const options = { strategy: 'one-for-one', restartsMax: 1, windowMs: 100 } as const

  test('an exit told twice, or of a child it does not know, changes nothing', () => {
    let state = newSupervisor(options, [{ id: 'a', restart: 'temporary' }])
    for (const event of [{ type: 'start' }, { type: 'child-started', childId: 'a' }] as const) {
      state = supervisorStep(state, event)[0]
    }
    const exit = { type: 'child-exited', childId: 'a', abnormal: true, atMs: 1 } as const
    state = supervisorStep(state, exit)[0]
    expect(supervisorStep(state, exit)).toEqual([state, []])
    expect(supervisorStep(state, { ...exit, childId: 'x' })).toEqual([state, []])
  })

  test('a child that will not start at all stops those that did, in reverse', () => {
    let state = newSupervisor(
      options,
      ['a', 'b', 'c'].map((id) => ({ id, restart: 'permanent' })),
    )
    const seen: string[] = []
    const send = (event: Parameters<SupervisorStep>[1]) => {
      const [next, commands] = supervisorStep(state, event)
      state = next
      seen.push(...commands.map((one) => ('childId' in one ? `${one.type} ${one.childId}` : `${one.type}`)))
    }
    send({ type: 'start' })
    for (const childId of ['a', 'b']) send({ type: 'child-started', childId })
    send({ type: 'child-start-failed', childId: 'c', atMs: 5 })
    for (const childId of ['b', 'a']) send({ type: 'child-exited', childId, abnormal: false, atMs: 6 })
    expect(seen.slice(3)).toEqual(['child-stop b', 'child-stop a', 'supervisor-stopped'])
    expect(state).toMatchObject({ phase: 'stopped', reason: 'start-failed' })
  })
})
