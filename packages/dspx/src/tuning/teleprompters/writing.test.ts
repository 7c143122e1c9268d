import { describe, expect, test } from 'vitest'
import type { Example } from '../../datasets/example.ts'
import type { Metric } from '../../evaluation/metric.ts'
import { predict } from '../../programs/predictor.ts'
import { Program } from '../../programs/program.ts'
import { messageText, scriptedModel } from '../../testing/index.ts'
import { optimize } from '../optimize.ts'
import { modelProposer } from '../proposers/model.ts'
import type { Teleprompter } from '../teleprompter.ts'
import { betterTogether } from './better-together.ts'
import { copro } from './copro.ts'
import { gepa } from './gepa.ts'
import { inferRules } from './infer-rules.ts'
import { labeledFewShot } from './labeled-few-shot.ts'
import { miproV2 } from './mipro-v2.ts'
import { simba } from './simba.ts'

const rows = (part: string, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${part}:${i}`,
    inputs: { text: `${part} row ${i};` },
    outputs: { team: i % 2 === 0 ? 'a' : 'b' },
  }))
const data = { train: rows('train', 12), val: rows('val', 30) }

/** Says why it is wrong. */
const telling: Metric = {
  name: 'telling',
  fields: ['team'],
  score: ({ outputs }, { team }) =>
    outputs.team === team ? 1 : { score: 0, feedback: `odd rows belong to ${outputs.team}` },
}

/**
 * Says "a", and "b" for odd rows only where it is told so. As a proposer it writes what feedback or labels tell it, else nothing of use.
 */
const reader = () =>
  scriptedModel(({ prompt }) => {
    const all = prompt.map((message) => messageText(message)).join('\n')
    const last = messageText(prompt.at(-1))
    if (all.includes('[[ ## seen ## ]]') || all.includes('[[ ## tip ## ]]')) {
      const knows = last.includes('odd rows belong to b') || (last.includes('"team":"b"') && last.includes('right:'))
      const text = knows || last.includes('[[ ## tip ## ]]') ? 'Odd rows belong to b.' : 'Do your best.'
      return `[[ ## because ## ]]\nIt was wrong on odd rows.\n[[ ## instructions ## ]]\n${text}\n[[ ## rules ## ]]\n["${text}"]`
    }
    const odd = Number(/row (\d+);/.exec(last)?.[1]) % 2 === 1
    return `[[ ## team ## ]]\n${odd && all.includes('Odd rows belong to b.') ? 'b' : 'a'}`
  })

class Chain extends Program {
  pass = predict('text -> echo')
  route = predict('text -> team: "a" | "b"')
  async forward({ text }: { text: string }) {
    return await this.route.run({ text })
  }
}

const tune = { instructions: true, demos: 4 } as const
const proposer = modelProposer({ count: 2 })
const makes: readonly (readonly [string, () => Teleprompter])[] = [
  ['gepa', () => gepa({ proposer, stepsMax: 8 })],
  ['copro', () => copro({ proposer, breadth: 2, depth: 2 })],
  ['miproV2', () => miproV2({ proposer, trials: 12, minibatch: 4, rowsMax: 6 })],
  ['simba', () => simba({ proposer, minibatch: 6, candidates: 3, steps: 3 })],
  ['inferRules', () => inferRules({ proposer, candidates: 2, rowsMax: 4 })],
]

describe('teleprompters that write with a model', () => {
  test.each(makes)(
    '%s finds the instructions that feedback and labels ask for, and pays for asking',
    async (_, make) => {
      const lm = reader()
      const better = await optimize(predict('text -> team: "a" | "b"'), {
        ...data,
        lm,
        metric: telling,
        tune,
        teleprompter: make(),
      })
      expect(better.best.instructions).toContain('Odd rows belong to b.')
      expect(better.verdict).toMatchObject({ type: 'better', difference: 0.5 })
      expect(better.budget.spent.calls).toBe(lm.calls.length)
    },
  )

  test('gepa says which rows failed and leaves a predictor that is never asked as it is', async () => {
    const better = await optimize(new Chain(), {
      ...data,
      lm: reader(),
      metric: telling,
      tune,
      teleprompter: gepa({ proposer, stepsMax: 12 }),
    })
    const { pass, route } = better.best.state().predictors
    expect(route?.instructions).toBe('Odd rows belong to b.')
    expect(pass?.instructions).not.toBe('Odd rows belong to b.')
    expect(better.explain()).toContain('instructions of `route` rewritten: It was wrong on odd rows.')
  })

  test('gepa asks for nothing where a minibatch is answered right', async () => {
    const lm = scriptedModel(
      ({ prompt }) => `[[ ## team ## ]]\n${Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1]) % 2 ? 'b' : 'a'}`,
    )
    const better = await optimize(predict('text -> team: "a" | "b"'), {
      ...data,
      lm,
      metric: telling,
      tune,
      teleprompter: gepa({ proposer, stepsMax: 3 }),
    })
    expect(better.steps).toHaveLength(1)
    expect(lm.calls).toHaveLength(30 + 9)
  })
})

describe('betterTogether', () => {
  test('each goes on from the best so far, and names it as the parent', async () => {
    const lm = reader()
    const teleprompters = [gepa({ proposer, stepsMax: 8 }), labeledFewShot({ demos: 2 })]
    const better = await optimize(predict('text -> team: "a" | "b"'), {
      ...data,
      lm,
      metric: telling,
      tune,
      teleprompter: betterTogether({ teleprompters }),
    })
    const last = better.report.steps.at(-1)
    const { instructions, demos } = better.best.state().predictors.predict ?? {}
    expect(instructions).toContain('Odd rows belong to b.')
    expect(last?.origin.parents).not.toEqual([0])
    expect(last?.values.accuracy).toBe(1)
    expect(demos?.length).toBeLessThanOrEqual(2)
  })

  test('refuses an empty sequence, one too long, and what is no teleprompter', () => {
    expect(() => betterTogether({ teleprompters: [] })).toThrow('expected 1 to 100 teleprompters, got 0')
    const many = Array.from({ length: 101 }, () => copro())
    expect(() => betterTogether({ teleprompters: many.slice(1) })).not.toThrow()
    expect(() => betterTogether({ teleprompters: many })).toThrow('got 101')
    expect(() => betterTogether({ teleprompters: [{} as never] })).toThrow('expected teleprompters')
  })
})
