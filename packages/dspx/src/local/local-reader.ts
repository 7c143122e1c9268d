/** From a call to the text of its answer: reads the prompt, recalls what its constant part taught, answers the rest. */

import type { LanguageModelV4CallOptions, SharedV4Warning } from '@ai-sdk/provider'
import { type Random, seededRandom } from '@mabeam/foundation'
import { answerTask } from './answering.ts'
import { type Fit, fitContext } from './context-window.ts'
import { type KnownTurns, knownTurns } from './known-turns.ts'
import type { LearnedTask } from './learned-task.ts'
import { Learner } from './learner.ts'
import { asOwnInstruction, joinInputs, type LivePart, readLive, splitPrompt } from './live-part.ts'
import { PrefixMemory } from './prefix-memory.ts'
import { PromptMemory } from './prompt-memory.ts'
import { type AnswerRequest, keepNewest, readTask, shapeOf, type TaskReading } from './prompt-reading.ts'
import type { LocalSizeInfo } from './sizes.ts'
import { countTokens, tokensPerTurn } from './tokens.ts'
import { turnsOf } from './turns.ts'
import { writeAnswer } from './writing.ts'

/** The text of an answer and what reading took. */
export interface Completion {
  readonly text: string
  readonly tokensIn: number
  readonly demonstrations: number
  readonly demonstrationsDropped: number
  readonly warnings: readonly SharedV4Warning[]
}

/** What a reader needs besides its size. */
export interface ReaderSettings {
  readonly random: Random
  readonly prefixesMax: number
  /** What the numbers of features may grow to. @default lexiconMax */
  readonly lexiconMax?: number
}

/** Readings of one constant part that differ by the shape of the live part. */
const shapesMax = 8

interface Prefix {
  readonly turns: KnownTurns
  readonly readings: Map<string, TaskReading>
  readonly tasks: Map<string, LearnedTask>
}

/** Reads prompts for one model and remembers their constant parts. */
export class LocalReader {
  readonly #info: LocalSizeInfo
  readonly #random: Random
  readonly #prefixes: PrefixMemory<Prefix>
  readonly #memory = new PromptMemory()
  readonly #learner: Learner

  constructor(info: LocalSizeInfo, { random, prefixesMax, lexiconMax }: ReaderSettings) {
    this.#info = info
    this.#random = random
    this.#learner = new Learner(info.features, lexiconMax)
    this.#prefixes = new PrefixMemory(prefixesMax)
  }

  /** Reads a call's prompt and answers it. */
  complete(call: LanguageModelV4CallOptions): Completion {
    const { turns, unsupported } = turnsOf(call.prompt)
    const { constant, live: liveText, isRecord } = splitPrompt(turns)
    const prefix = this.#prefixes.recall(constant, () => ({
      turns: knownTurns(constant, this.#memory),
      readings: new Map(),
      tasks: new Map(),
    }))
    const read = readLive(liveText, prefix.turns.names, isRecord)
    const live = constant.length === 0 ? asOwnInstruction(read) : read
    const request = requestOf(call)
    const shape = request.json ? `${shapeOf(live)}\n${JSON.stringify(request.schema ?? null)}` : shapeOf(live)
    const reading = remember(prefix.readings, shape, () =>
      readTask({ constant: prefix.turns, live }, request, this.#memory),
    )
    const fit = fitContext(reading.source.demonstrations, {
      prompt: prefix.turns.tokens + countTokens(liveText) + tokensPerTurn,
      context: this.#info.contextTokens,
    })
    const task = remember(prefix.tasks, `${fit.kept}\n${shape}`, () =>
      this.#learner.learn(keepNewest(reading, fit.kept, this.#memory)),
    )
    const answers = answerTask(task, inputOf(live, fit), {
      temperature: call.temperature ?? 0,
      topP: call.topP ?? 1,
      topK: call.topK ?? Number.POSITIVE_INFINITY,
      random: call.seed === undefined ? this.#random : seededRandom(`${call.seed}/${liveText}`),
    })
    const dropped = reading.source.demonstrations.length - fit.kept
    return {
      text: writeAnswer(answers, reading.format),
      tokensIn: fit.tokensIn,
      demonstrations: fit.kept,
      demonstrationsDropped: dropped,
      warnings: [...callWarnings(call, unsupported), ...contextWarnings(this.#info, { dropped, over: fit.tokensOver })],
    }
  }
}

function remember<T>(memory: Map<string, T>, key: string, make: () => T): T {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = make()
  if (memory.size >= shapesMax) memory.delete(memory.keys().next().value as string)
  memory.set(key, value)
  return value
}

function requestOf(call: LanguageModelV4CallOptions): AnswerRequest {
  if (call.responseFormat?.type !== 'json') return { json: false }
  return { json: true, ...(call.responseFormat.schema && { schema: call.responseFormat.schema }) }
}

/** The input as it is read: what exceeds the context by itself is cut at the end. */
function inputOf(live: LivePart, fit: Fit): string {
  const text = joinInputs(live.inputs)
  if (fit.tokensOver === 0) return text
  const tokens = countTokens(text)
  return text.slice(0, Math.max(0, Math.floor((text.length * (tokens - fit.tokensOver)) / Math.max(1, tokens))))
}

const unsupportedSettings = ['presencePenalty', 'frequencyPenalty', 'tools'] as const

function callWarnings(call: LanguageModelV4CallOptions, unsupportedParts: ReadonlySet<string>): SharedV4Warning[] {
  const features: string[] = [...unsupportedParts]
  for (const name of unsupportedSettings) {
    const value = call[name]
    if (value !== undefined && value !== 0 && !(Array.isArray(value) && value.length === 0)) features.push(name)
  }
  return features.map((feature) => ({ type: 'unsupported', feature }))
}

function contextWarnings(
  info: LocalSizeInfo,
  lost: { readonly dropped: number; readonly over: number },
): SharedV4Warning[] {
  const warnings: SharedV4Warning[] = []
  const context = `the context of local/${info.size} (${info.contextTokens} tokens)`
  if (lost.dropped > 0) {
    warnings.push({ type: 'other', message: `the oldest ${lost.dropped} demonstrations fell out of ${context}` })
  }
  if (lost.over > 0)
    warnings.push({ type: 'other', message: `the input was cut by ${lost.over} tokens to fit ${context}` })
  return warnings
}
