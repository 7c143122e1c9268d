import { describe, expect, test } from 'vitest'
import { qmcSampler } from '../samplers/qmc.ts'
import { subset } from '../space/list-variable.ts'
import { space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import { openStudy } from '../study/open-study.ts'
import { contourPlot } from './contour-plot.ts'
import { edfPlot } from './edf-plot.ts'
import { frontPlot } from './front-plot.ts'
import { historyPlot } from './history-plot.ts'
import { hypervolumePlot } from './hypervolume-plot.ts'
import { importancePlot } from './importance-plot.ts'
import { parallelPlot } from './parallel-plot.ts'
import { plotFaults, textFaults } from './plot-laws.fixture.ts'
import { plotText } from './plot-text.ts'
import { slicePlot } from './slice-plot.ts'
import { studyText } from './study-text.ts'
import { timelinePlot } from './timeline-plot.ts'

describe('a study as it is', () => {
  test('is drawn by every plot, with conditional variables and lists', async () => {
    const tuning = space({
      reasoning: choice(['predict', 'think']),
      demos: int(0, 8, { when: { reasoning: ['predict'] } }),
      tools: subset(['search', 'code', 'mail']),
      temperature: float(0, 1.5),
    })
    const study = await openStudy({
      id: 'plotted',
      space: tuning,
      objectives: [
        { name: 'accuracy', direction: 'maximise' },
        { name: 'costUsd', direction: 'minimise' },
      ],
      seed: 7,
      sampler: qmcSampler(),
    })
    for (let i = 0; i < 24; i++) {
      const { number, config } = study.ask()
      const costUsd = 0.001 * (1 + config.tools.length + (config.demos ?? 4))
      if (i % 8 === 3) await study.fail(number, new Error('no answer'))
      else
        await study.tell(number, {
          values: { accuracy: 0.9 - (config.temperature - 0.4) ** 2 / 4 + 5 * costUsd, costUsd },
        })
    }
    const plots = [
      historyPlot(study),
      hypervolumePlot(study),
      frontPlot(study, { expected: study.front() }),
      parallelPlot(study),
      importancePlot(study.importance(), { objective: 'accuracy' }),
      slicePlot(study),
      contourPlot(study, { x: 'temperature', y: 'demos' }),
      edfPlot(study),
      timelinePlot(study),
    ]
    expect(plots.flatMap(plotFaults)).toEqual([])
    expect(plots.flatMap((plot) => textFaults(plotText(plot), 80))).toEqual([])
    const text = studyText(study)
    expect(text).toContain('plotted: 24 trials, 3 failed')
    expect(text).toContain(`Best: trial ${study.best()?.number}, by what is expected`)
    expect(text).toMatch(/tools +\[/)
    const measured = studyText({ space: tuning, objectives: study.objectives, finished: study.finished })
    expect(measured.split('\n').slice(1)).toEqual(text.split('\n').slice(1))
  })
})
