/** Timeout: no call waits for ever, also when the provider ignores its abort signal. */

import { type Clock, checkOptions, definedOptions, rule, systemClock } from '@mabeam/foundation'
import { BoundedWait } from '../bounded-wait.ts'
import { modelTimeout, streamBroken, type TimeoutStage } from '../errors.ts'
import { layered, type Middleware, type ModelStream, type StreamPart } from '../language-model.ts'
import { partSource, pulledStream } from '../model-stream.ts'
import { receivedText } from '../received-text.ts'

/** How long one attempt may take. */
export interface TimeoutOptions {
  /** Of a whole answer; of a stream, the wait for its first content. @default 60_000 */
  readonly timeoutMs?: number
  /** Between two parts of a stream that has begun. Only waiting counts, not how long a reader takes. @default 30_000 */
  readonly idleTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

export const timeoutDefaults = {
  timeoutMs: 60_000,
  idleTimeoutMs: 30_000,
  clock: systemClock,
} as const satisfies Required<TimeoutOptions>

/**
 * Ends a call after `timeoutMs`: its signal aborts and it rejects with `dspx/model-timeout`, which is retryable. A stream that
 * had begun and says nothing for `idleTimeoutMs` breaks with `dspx/stream-broken`. Giving up a stream aborts the signal too.
 *
 * @example timeoutMiddleware({ timeoutMs: 5_000 })(model)
 */
export function timeoutMiddleware(options: TimeoutOptions = {}): Middleware {
  checkOptions('timeoutMiddleware', options, {
    timeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
    idleTimeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
    clock: rule.optional(rule.having('setTimer')),
  })
  const { timeoutMs, idleTimeoutMs, clock } = { ...timeoutDefaults, ...definedOptions(options) }
  return (model) =>
    layered(model, {
      doGenerate: async (call) => {
        const wait = new BoundedWait(clock, call.abortSignal)
        const late = () => modelTimeout(model.modelId, timeoutMs)
        return await wait.once(() => model.doGenerate({ ...call, abortSignal: wait.signal }), timeoutMs, late)
      },
      doStream: async (call) => {
        const wait = new BoundedWait(clock, call.abortSignal)
        const late = (stage: TimeoutStage) => () =>
          modelTimeout(model.modelId, stage === 'next-part' ? idleTimeoutMs : timeoutMs, stage)
        const startMs = clock.monotonicMs()
        try {
          const open = () => model.doStream({ ...call, abortSignal: wait.signal })
          const opened = await wait.for(open, timeoutMs, late('first-part'))
          const firstMs = timeoutMs - (clock.monotonicMs() - startMs)
          return boundedStream(opened, { modelId: model.modelId, wait, clock, late, firstMs, idleMs: idleTimeoutMs })
        } catch (thrown) {
          wait.close()
          throw thrown
        }
      },
    })
}

interface StreamBounds {
  readonly modelId: string
  readonly wait: BoundedWait
  readonly clock: Clock
  readonly late: (stage: TimeoutStage) => () => Error
  readonly firstMs: number
  readonly idleMs: number
}

function boundedStream(opened: ModelStream, bounds: StreamBounds): ModelStream {
  const { modelId, wait, clock, late, idleMs } = bounds
  const source = partSource(opened.stream)
  const received = receivedText()
  const lateForFirst = late('first-part')
  const lateForNext = late('next-part')
  const read = () => source.next()
  let firstMs = bounds.firstMs
  const next = async () => {
    let part: StreamPart | undefined
    if (received.began) part = await wait.for(read, idleMs, lateForNext)
    else {
      const startMs = clock.monotonicMs()
      part = await wait.for(read, firstMs, lateForFirst)
      firstMs -= clock.monotonicMs() - startMs
    }
    if (part === undefined) wait.close()
    else received.add(part)
    return part
  }
  const end = (reason: unknown) => {
    wait.close()
    wait.abort(reason)
    return source.cancel(reason)
  }
  const failed = (thrown: unknown) => {
    end(thrown).catch(() => {})
    return wait.timedOut && received.began ? streamBroken(modelId, received.soFar(), thrown) : thrown
  }
  return { ...opened, stream: pulledStream(next, { failed, cancelled: end }) }
}
