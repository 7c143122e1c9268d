/**
 * What JSON alone takes, without fields and types: `parsing.mjs MEASURE_MS CHARS`; `JSON.parse`, and where it throws, `jsonrepair` before it, as
 * most programs do it. As the JSON adapter of `bench/programs/lm-adapters.ts`, on the same answers. A malformed answer counts as read where what
 * comes out has the outputs that it was meant to have, of those that are not to be refused.
 */

import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { jsonrepair } from 'jsonrepair'
import { malformedJson } from '../../../packages/dspx/src/adapters/malformed-json.fixture.ts'
import { checkRead, longList, longText, usual, usualLength } from '../../programs/answer-texts.ts'
import { costUs, growthOf } from '../../programs/cost.ts'

const [measureMs, chars] = process.argv.slice(2).map(Number)
const cost = (run) => costUs(run, { measureMs, timesPerLook: 1 })

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return JSON.parse(jsonrepair(text))
  }
}

async function longFigures(name, saidOf) {
  const costOf = async (size) => {
    const said = saidOf(size)
    const text = JSON.stringify(said)
    return { us: await cost(() => checkRead(parse(text), said)), length: text.length }
  }
  const { mbPerSec, growth } = await growthOf(costOf, chars)
  return { [`json${name}MbPerSec`]: mbPerSec, [`json${name}Growth`]: growth }
}

function attempt(text) {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

function readTable() {
  for (const [, answer] of table) attempt(answer)
}

const table = usualLength(malformedJson)
const meant = table.filter(([, , expected]) => !Array.isArray(expected))
const isRead = ([, answer, expected]) => isDeepStrictEqual(attempt(answer), expected)
const text = JSON.stringify(usual)
const { version } = JSON.parse(
  readFileSync(new URL('../../../node_modules/jsonrepair/package.json', import.meta.url), 'utf8'),
)
const figures = {
  jsonParseUs: await cost(() => checkRead(parse(text), usual)),
  jsonMalformedUs: (await cost(readTable)) / table.length,
  jsonMalformedReadShare: meant.filter(isRead).length / meant.length,
  ...(await longFigures('Text', longText)),
  ...(await longFigures('List', longList)),
}
process.stdout.write(`${JSON.stringify({ version, ...figures })}\n`)
