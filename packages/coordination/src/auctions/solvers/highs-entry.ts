/** The thread with HiGHS: one problem after the other, each for as long as it may take. It loads nothing of ours, to be there soon. */

import { parentPort } from 'node:worker_threads'
import loadHighs, { type Highs, type ModelData } from 'highs'
import type { HighsAnswer, HighsAsk, HighsModel } from './highs-message.ts'

/** Its declarations are read as those of a CommonJS module, whose default is a member; what is loaded is an ES module. */
const load = loadHighs as unknown as typeof loadHighs.default
const loading = load()

parentPort?.on('message', async (ask: HighsAsk) => {
  parentPort?.postMessage(await answer(ask))
})

async function answer({ id, model, timeLimitMs }: HighsAsk): Promise<HighsAnswer> {
  try {
    const highs = await loading
    return highs.withModel(modelData(highs, model), (solving) => {
      // Nothing less than the optimum will do: HiGHS itself would stop one part in ten thousand before.
      solving.options.set({ output_flag: false, time_limit: timeLimitMs / 1_000, mip_rel_gap: 0, mip_abs_gap: 0 })
      solving.run()
      const isFound = solving.info.get('primal_solution_status') === highs.constants.solutionStatus.feasible
      return {
        id,
        type: 'solved',
        values: isFound ? solving.getSolution().colValue : undefined,
        dualBound: Number(solving.info.get('mip_dual_bound')),
      } as const
    })
  } catch (thrown) {
    return { id, type: 'failed', message: String(thrown) }
  }
}

function modelData(highs: Highs, { costs, rowUpper, starts, rows, coefficients }: HighsModel): ModelData {
  const { constants, infinity } = highs
  const numCols = costs.length
  const numRows = rowUpper.length
  return {
    numCols,
    numRows,
    sense: constants.objectiveSense.maximize,
    colCost: costs,
    colLower: new Float64Array(numCols),
    colUpper: new Float64Array(numCols).fill(1),
    rowLower: new Float64Array(numRows).fill(-infinity),
    rowUpper,
    matrix: { format: 'csc', numRows, numCols, starts, indices: rows, values: coefficients },
    integrality: new Int32Array(numCols).fill(constants.variableType.integer),
  }
}
