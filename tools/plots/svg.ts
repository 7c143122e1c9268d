/** A specification of Vega-Lite as a picture. */

import type { VegaLiteSpec } from '@mabeam/ml'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

export async function svgOf(spec: VegaLiteSpec): Promise<string> {
  // A label for each mark, for readers of a live page, makes a file several times as large.
  const quiet = { ...spec, config: { ...(spec.config as object), aria: false } }
  const view = new View(parse(compile(quiet as unknown as TopLevelSpec).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}
