/** How much work reading takes, counted in blocks of code that were run: twice the text, twice the work, whatever it holds. */

import { Session } from 'node:inspector'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Signature, signature } from '../signatures/signature.ts'
import { messageText } from '../testing/message-text.ts'
import type { Adapter } from './adapter.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'
import { markdownAdapter } from './markdown.ts'
import { asked, said, written } from './mutated-answers.fixture.ts'
import { xmlAdapter } from './xml.ts'

const adapters: readonly Adapter[] = [chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter]
const session = new Session()
beforeAll(() => {
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
})
afterAll(() => {
  session.post('Profiler.stopPreciseCoverage')
  session.disconnect()
})

/** How often blocks of our own code were run, each as often as it was. */
function blocksOf(work: () => void): number {
  session.post('Profiler.takePreciseCoverage') // forgets what was before
  work()
  let blocks = 0
  session.post('Profiler.takePreciseCoverage', (_, { result }) => {
    for (const { url, functions } of result) {
      if (!url.includes('/dspx/src/')) continue
      for (const { ranges } of functions) for (const { count } of ranges) blocks += count
    }
  })
  return blocks
}

const units = [
  ...['a', ' ', '\n', '\\', '"', '{', '[', '}', '<', '&', '#', '*', '`', '- a\n', '\u200b', '\ud800'],
  ...[
    '[[ ## team ## ]]\n',
    '[[ ## ',
    '## team\n',
    '**team:** x\n',
    '<team>\n',
    '<team>x</team>',
    '</team>',
    '<![CDATA[',
    '&lt;',
  ],
  ...[
    '{"team": "x"}',
    '{"team": ',
    '{"team": "x", ',
    '"team": 1, ',
    '[1,',
    '{}',
    '\\"',
    '"\\\\',
    '{"a":[',
    '\r\n',
    "'",
  ],
]
const starts = ['', '[[ ## reason ## ]]\n', '<reason>', '## reason\n', '{"reason": "', '{"tags": ["']

/** Reads with each unit, so often that the text has so many characters. */
function readAll(adapter: Adapter, chars: number, start = ''): void {
  for (const unit of units) attempt(() => adapter.parse(asked, start + unit.repeat(chars / unit.length)))
}

function attempt(read: () => unknown): void {
  try {
    read()
  } catch {
    // refused: that takes work too
  }
}

describe.each(adapters)('the $name adapter', (adapter) => {
  const right = written(adapter, said)

  test.each(starts)('takes work that grows as the text behind %j', (start) => {
    expectLinear((times) => readAll(adapter, times * 400, start))
  })

  test('takes work that grows as the text, in pieces', () => {
    expectLinear((times) => {
      for (const unit of units) {
        const reader = adapter.reader(asked)
        for (let i = 0; i < times * 60; i++) reader.push(unit)
        attempt(() => reader.end())
      }
    })
  })

  test('takes work that grows as what stands around a right answer', () => {
    expectLinear((times) => {
      for (const around of ['x\n', 'Sure! ', right, `${right}\n\n`, '```\n']) {
        attempt(() => adapter.parse(asked, around.repeat(times * 4) + right + around.repeat(times * 4)))
      }
    })
  })

  test('takes work that grows as the number of fields', () => {
    const names = Array.from({ length: 200 }, (_, i) => `f${i}`)
    const sized = new Map(
      [1, 4].map((times) => {
        const of = signature(`q -> ${names.slice(0, times * 50).join(', ')}`)
        const demo = { inputs: { q: 'x' }, outputs: Object.fromEntries(of.outputs.map(({ name }) => [name, 'v'])) }
        const text = messageText(adapter.render(of as Signature, [demo], { q: 'y' }).prompt[2])
        return [times, { of: of as Signature, text }] as const
      }),
    )
    expectLinear((times) => {
      const { of, text } = sized.get(times) as { of: Signature; text: string }
      expect(Object.keys(adapter.parse(of, text).outputs)).toHaveLength(times * 50)
    })
  })
})

/** Four times as much takes at most four times the work, and a little that does not grow. */
function expectLinear(work: (times: 1 | 4) => void): void {
  work(4) // what is made once for each signature is no part of reading
  work(1)
  // Counts of code that the engine throws away meanwhile are lost, and none is invented: the most is right.
  const most = (times: 1 | 4) => Math.max(...Array.from({ length: 3 }, () => blocksOf(() => work(times))))
  const [one, four] = [most(1), most(4)]
  expect(one).toBeGreaterThan(100)
  expect(four / one).toBeLessThan(4.6)
}
