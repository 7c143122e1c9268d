import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { ModelAnswer, PromptMessage } from '../models/language-model.ts'
import { textAnswer } from '../testing/scripted-model.ts'
import { type CalledStep, callIds, saidContent, stepMessages, toolCallsIn } from './step-messages.ts'

/** Answers of all shapes, and what came of their calls. */
function answers(seed: number): ModelAnswer[] {
  const random = seededRandom(seed)
  const metadata = (n: number) => (random.int(2) === 0 ? {} : { providerMetadata: { some: { signature: `s${n}` } } })
  return Array.from({ length: 1 + random.int(5) }, (_, at) => ({
    ...textAnswer(''),
    content: Array.from({ length: random.int(7) }, (_, i): ModelAnswer['content'][number] => {
      const kind = random.int(4)
      if (kind === 0) return { type: 'reasoning', text: `thought ${at}.${i}`, ...metadata(i) }
      if (kind === 1) return { type: 'text', text: `text ${at}.${i}`, ...metadata(i) }
      const ids = ['', 'same', `call_${at}_${i}`]
      const toolCallId = ids[random.int(3)] ?? ''
      const input = JSON.stringify({ at, i })
      return {
        type: 'tool-call',
        toolCallId,
        toolName: ['look', 'no such/name', ''][random.int(3)] ?? '',
        input,
        ...metadata(i),
      }
    }),
  }))
}

type Messages = (steps: readonly CalledStep[]) => PromptMessage[]
type Parts = {
  type: string
  text?: string
  toolCallId?: string
  toolName?: string
  input?: unknown
  providerOptions?: unknown
}[]

/** What providers ask of messages with calls; the law that does not hold. */
function broken(said: typeof saidContent, messagesOf: Messages): string | undefined {
  for (let seed = 1; seed <= 300; seed++) {
    const given = answers(seed)
    const steps: CalledStep[] = []
    for (const answer of given) {
      const content = said(answer, {
        inputOf: (input) => JSON.parse(input) as object,
        usedIds: callIds(steps),
        step: steps.length,
      })
      const calls = toolCallsIn(answer).map(({ toolName, input }) => ({
        tool: toolName,
        arguments: JSON.parse(input),
        outcome: 'given' as const,
        observation: `saw ${input}`,
      }))
      steps.push({ thought: '', calls, said: content })
    }
    const messages = messagesOf(steps)
    const partsOf = (role: string) => messages.filter((one) => one.role === role).flatMap((one) => one.content as Parts)
    const ids = partsOf('assistant').flatMap(({ toolCallId }) => toolCallId ?? [])
    if (new Set(ids).size !== ids.length || ids.includes('')) return 'every call has an id of its own'
    const names = partsOf('assistant').flatMap(({ toolName }) => toolName ?? [])
    if (!names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))) return 'names are such that providers accept them'
    const seen = partsOf('tool').map((part) => [
      part.toolCallId,
      (part as unknown as { output: { value: string } }).output.value,
    ])
    const asked = partsOf('assistant').flatMap((part) =>
      part.toolCallId === undefined ? [] : [[part.toolCallId, `saw ${JSON.stringify(part.input)}`]],
    )
    if (JSON.stringify(seen) !== JSON.stringify(asked)) return 'every call is answered by its own result'
    for (const [i, { role, content }] of messages.entries()) {
      const isAsking = role === 'assistant' && (content as Parts).some(({ type }) => type === 'tool-call')
      if (isAsking !== (messages[i + 1]?.role === 'tool')) return 'results stand right behind their calls'
    }
    const words = (parts: Parts) =>
      parts.flatMap(({ type, text }) => (text === undefined ? [] : [`${type} ${text}`])).join()
    const all = given.flatMap(({ content }) => content as unknown as Parts)
    if (words(partsOf('assistant')) !== words(all)) return 'thoughts and text come back in their order'
    const options = (parts: Parts, key: string) =>
      parts.map((part) => JSON.stringify(Reflect.get(part, key) ?? null)).join()
    if (options(partsOf('assistant'), 'providerOptions') !== options(all, 'providerMetadata')) {
      return 'what a provider said beside a part comes back with it'
    }
  }
  return undefined
}

describe('steps as messages', () => {
  test('keep the laws of providers', () => {
    expect(broken(saidContent, stepMessages)).toBeUndefined()
  })

  const changed =
    (
      change: (content: ReturnType<typeof saidContent>, answer: ModelAnswer) => ReturnType<typeof saidContent>,
    ): typeof saidContent =>
    (answer, options) =>
      change(saidContent(answer, options), answer)
  test.each<[string, typeof saidContent, Messages]>([
    [
      'every call has an id of its own',
      (answer, options) => saidContent(answer, { ...options, usedIds: new Set() }),
      stepMessages,
    ],
    [
      'names are such that providers accept them',
      changed((content) =>
        content.map((part) => (part.type === 'tool-call' ? { ...part, toolName: `${part.toolName}!` } : part)),
      ),
      stepMessages,
    ],
    [
      'every call is answered by its own result',
      saidContent,
      (steps) => stepMessages(steps.map((step) => ({ ...step, calls: step.calls.toReversed() }))),
    ],
    [
      'results stand right behind their calls',
      saidContent,
      (steps) => {
        const messages = stepMessages(steps)
        return [...messages.filter(({ role }) => role !== 'tool'), ...messages.filter(({ role }) => role === 'tool')]
      },
    ],
    [
      'thoughts and text come back in their order',
      changed((content) => content.filter(({ type }) => type !== 'reasoning')),
      stepMessages,
    ],
    [
      'what a provider said beside a part comes back with it',
      changed((content) => content.map(({ providerOptions: _, ...part }) => part as (typeof content)[number])),
      stepMessages,
    ],
  ])('a planted bug breaks the law: %s', (law, said, messages) => {
    expect(broken(said, messages)).toBe(law)
  })
})
