/** Own signal: of many calls on one signal each listens to one of its own. Outermost, so that all layers do. */

import { takeSignal } from '../../signal-fan.ts'
import { layered, type Middleware } from '../language-model.ts'
import { tapStream } from '../model-stream.ts'

/** The layers of a call put several listeners on its signal; with ten thousand calls on one signal that would cost more than the calls. */
export const ownSignal: Middleware = (model) =>
  layered(model, {
    doGenerate: async (call) => {
      if (call.abortSignal === undefined) return await model.doGenerate(call)
      const taken = takeSignal(call.abortSignal)
      try {
        return await model.doGenerate({ ...call, abortSignal: taken.signal })
      } finally {
        taken.giveBack()
      }
    },
    doStream: async (call) => {
      if (call.abortSignal === undefined) return await model.doStream(call)
      const taken = takeSignal(call.abortSignal)
      if (taken.signal === call.abortSignal) return await model.doStream(call)
      const over = (thrown?: unknown) => {
        taken.giveBack()
        return thrown
      }
      try {
        const opened = await model.doStream({ ...call, abortSignal: taken.signal })
        return tapStream(opened, { ended: over, failed: over, cancelled: over })
      } catch (thrown) {
        throw over(thrown)
      }
    },
  })
