/** A tuning that keeps its work in a folder, and goes on there where it was left. Run as a program it prints how many rows it has tried. */

import { bootstrapRandomSearch, compatible, type Example, exactMatch, optimize, predict } from '@mabeam/dspx'

const words = {
  billing: ['refund', 'invoice', 'charged', 'card'],
  tech: ['crash', 'login', 'sync', 'slow'],
  sales: ['offer', 'price', 'seats', 'quote'],
}
const rows: Example[] = Object.entries(words).flatMap(([team, about]) =>
  about.flatMap((word) =>
    ['my', 'the', 'another', 'no'].map((one) => {
      return { id: `${one} ${word}`, inputs: { text: `${one} ${word} please` }, outputs: { team } }
    }),
  ),
)

/** Calls at once. */
export const concurrency = 8

export async function tune(baseUrl: string, folder: string, tried: (rows: number) => void = () => {}) {
  const { report } = await optimize(predict('text -> team: "billing" | "tech" | "sales"'), {
    train: rows,
    metric: exactMatch('team'),
    teleprompter: bootstrapRandomSearch({ candidates: 6 }),
    lm: compatible('small', { baseUrl }),
    concurrency,
    budget: { calls: 1_000 },
    resume: folder,
    onProgress: (progress) => tried(progress.rows),
  })
  return report
}

if (import.meta.main) {
  const [, , baseUrl = '', folder = ''] = process.argv
  await tune(baseUrl, folder, (rows) => void process.stdout.write(`${rows}\n`))
}
