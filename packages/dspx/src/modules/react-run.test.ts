import { memoryCacheStore } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { ModelCall } from '../models/language-model.ts'
import { createModels } from '../models/models.ts'
import type { RunOptions } from '../programs/run-options.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { tool } from '../tools/tool.ts'
import { extracted } from './react.fixture.ts'
import { react } from './react.ts'
import { refine } from './refine.ts'

const idle = tool('idle', { description: 'Does nothing.', input: z.object({}), run: () => undefined })
/** Knows without calling a tool, then answers. */
const asked = () => scriptedModel(['I know it.', extracted('Rome'), 'I know it.', extracted('Rome')])
const agent = react('question -> answer', { tools: [idle] })
const question = 'Where?'
const said = ({ prompt }: ModelCall) => JSON.stringify(prompt)

test('steps by tool calls use the cache as the run says', async () => {
  const calls = async (cache: RunOptions['cache']) => {
    const model = asked()
    const models = createModels({
      env: {},
      custom: { 'my/model': model },
      cache: memoryCacheStore({ entriesMax: 10 }),
    })
    const lm = models.get('my/model')
    await agent.run({ question }, { lm })
    await agent.run({ question }, { lm, ...(cache && { cache }) })
    return model.calls.length
  }
  expect([await calls('use'), await calls('bypass'), await calls('refresh'), await calls('read-only')]).toEqual([
    2, 4, 4, 2,
  ])
})

test('steps by tool calls are told what a refinement around them advises', async () => {
  const model = asked()
  let score = 0
  const better = refine(agent, { n: 2, threshold: 1, reward: () => ({ score: score++, feedback: 'Mind the gap.' }) })
  await better.run({ question }, { lm: model })
  expect(model.calls.map((call) => said(call).includes('Mind the gap.'))).toEqual([false, false, true, true])
})

test('steps by tool calls show as many demonstrations as the setting says', async () => {
  const { predictors } = agent.state()
  const demo = (thought: string) => ({
    inputs: { question: thought, trajectory: 'nothing yet' },
    outputs: { thought, tool: 'finish', arguments: {} },
  })
  const act = { instructions: 'Act.', demos: [demo('first shown'), demo('second shown')] }
  const shown = async (demos: number, nearest?: number) => {
    const model = asked()
    const one = { ...act, ...(nearest !== undefined && { nearest }) }
    await agent
      .compile({ settings: { demos }, predictors: { ...predictors, act: one } })
      .run({ question: 'the second' }, { lm: model })
    const [step] = model.calls
    return ['first shown', 'second shown'].filter((thought) => step && said(step).includes(thought))
  }
  expect(await shown(0)).toEqual([])
  expect(await shown(1)).toEqual(['first shown'])
  expect(await shown(5)).toEqual(['first shown', 'second shown'])
  expect(await shown(5, 1)).toEqual(['second shown'])
  expect(await shown(0, 1)).toEqual([])
})
