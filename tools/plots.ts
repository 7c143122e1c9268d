/**
 * Draws the pictures of the guides, docs/guide/pictures/NAME.svg, by the plots of @mabeam/ml: `node tools/run.mjs tools/plots.ts` all
 * of them, with names some. What is drawn is in plots/pictures.ts. The same source gives the same files.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type plotText, plotVegaLite } from '@mabeam/ml'
import { pictures } from './plots/pictures.ts'
import { svgOf } from './plots/svg.ts'

const folder = path.join(path.dirname(import.meta.dirname), 'docs', 'guide', 'pictures')
const known = Object.keys(pictures)
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  console.error(`plots: unknown picture ${unknown.join(', ')}; expected ${known.join(', ')}`)
  process.exitCode = 2
} else {
  mkdirSync(folder, { recursive: true })
  for (const name of asked.length > 0 ? asked : known) {
    const plot = await (pictures[name as keyof typeof pictures] as () => Promise<Parameters<typeof plotText>[0]>)()
    writeFileSync(path.join(folder, `${name}.svg`), await svgOf(plotVegaLite(plot)))
    console.log(`docs/guide/pictures/${name}.svg`)
  }
}
