import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createModels } from './models/models.ts'
import { predict } from './programs/predictor.ts'
import { SignalFan, takeSignal } from './signal-fan.ts'
import { scriptedModel } from './testing/index.ts'

describe('signals of a fan', () => {
  test('abort with the source and its reason, those that were given back do not, and the source has one listener', () => {
    const source = new AbortController()
    const fan = new SignalFan(source.signal)
    const taken = Array.from({ length: 1_000 }, () => fan.take())
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(1)
    for (const one of taken.slice(0, 400)) fan.giveBack(one)
    const reason = new Error('enough')
    source.abort(reason)
    expect(taken.filter(({ signal }) => signal.aborted)).toEqual(taken.slice(400))
    expect(new Set(taken.slice(400).map(({ signal }) => signal.reason))).toEqual(new Set([reason]))
  })

  test('are aborted from the start when the source is', () => {
    const reason = new Error('too late')
    const fan = new SignalFan(AbortSignal.abort(reason))
    expect(fan.take().signal.reason).toBe(reason)
  })

  test('abort each by itself, and may be given back twice', () => {
    const fan = new SignalFan(new AbortController().signal)
    const [one, other] = [fan.take(), fan.take()]
    one.abort()
    fan.giveBack(one)
    fan.giveBack(one)
    expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false])
  })

  test('leave no listener behind when all are given back', () => {
    const source = new AbortController()
    const fan = new SignalFan(source.signal)
    const taken = [fan.take(), fan.take()]
    for (const one of taken) fan.giveBack(one)
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(0)
    const again = fan.take()
    source.abort('enough')
    expect([again.signal.reason, taken[0]?.signal.aborted]).toEqual(['enough', false])
  })

  test('are those of one fan for all who ask for one, and one that was handed out is taken as it is', () => {
    const source = new AbortController()
    const [one, other] = [takeSignal(source.signal), takeSignal(source.signal)]
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(1)
    expect(one.signal).not.toBe(other.signal)
    expect(takeSignal(one.signal).signal).toBe(one.signal)
    one.giveBack()
    other.giveBack()
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(0)
  })
})

describe('a thousand at once on one signal', () => {
  const gate = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const answers = scriptedModel(['[[ ## a ## ]]\nx\n\n[[ ## completed ## ]]'])
    let waiting = 0
    const model: typeof answers = {
      ...answers,
      doGenerate: async (call) => {
        waiting += 1
        await promise
        return answers.doGenerate(call)
      },
    }
    return { model, open: resolve, waiting: () => waiting }
  }
  const call = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }] }

  test.each(['runs', 'calls', 'streams'] as const)('%s are one listener of it, and none in the end', async (kind) => {
    const source = new AbortController()
    const { model, open, waiting } = gate()
    const lm = createModels({ env: {}, custom: { 'my/model': model } }).get('my/model')
    const listeners = () => getEventListeners(source.signal, 'abort').length
    const asked = predict('q -> a')
    const one = async () => {
      if (kind === 'runs') return await asked.run({ q: 'x' }, { lm, signal: source.signal })
      if (kind === 'calls') return await lm.doGenerate({ ...call, abortSignal: source.signal })
      const { stream } = await lm.doStream({ ...call, abortSignal: source.signal })
      for await (const part of stream) if (part.type === 'text-delta') expect(listeners()).toBe(1)
      return undefined
    }
    const all = Promise.all(Array.from({ length: 1_000 }, one))
    if (kind !== 'streams') {
      while (waiting() < 1_000) await Promise.resolve()
      expect(listeners()).toBe(1)
    }
    open()
    await all
    expect(listeners()).toBe(0)
  })
})
