/**
 * What adapters take to write prompts and to read answers: `lm-adapters.ts ADAPTERS MEASURE_MS CHARS`, adapters with commas between.
 *
 * CPU time of each: a prompt with 8 demonstrations made anew and asked again, an answer of 1 kB, one of CHARS and of half of it (as text, as a list, and in
 * pieces of 20 characters), and the mean of the malformed answers of the tests; which of those that say enough are read, and which of all are mended and refused. `call` is no adapter but a whole
 * call of a predictor with a model that answers at once, as that of Ax in `bench/peers/ax/parsing.mjs`.
 */

import { isDeepStrictEqual } from 'node:util'
import {
  type Adapter,
  answerCharsMax,
  chatAdapter,
  jsonAdapter,
  markdownAdapter,
  predict,
  type Signature,
  signature,
  twoStepAdapter,
  xmlAdapter,
} from '@mabeam/dspx'
import { messageText } from '@mabeam/dspx/testing'
import { isMabeamError } from '@mabeam/foundation'
import { malformedChat } from '../../packages/dspx/src/adapters/malformed-chat.fixture.ts'
import { malformedJson } from '../../packages/dspx/src/adapters/malformed-json.fixture.ts'
import { malformedMarkdown } from '../../packages/dspx/src/adapters/malformed-markdown.fixture.ts'
import { malformedXml } from '../../packages/dspx/src/adapters/malformed-xml.fixture.ts'
import { checkRead, longList, longText, type MalformedRow, type Said, usual, usualLength } from './answer-texts.ts'
import { costUs, growthOf } from './cost.ts'
import { instantModel } from './instant-model.ts'
import { printFigures } from './rate.ts'

const [names = '', measureArg = '', charsArg = ''] = process.argv.slice(2)
const [measureMs, chars] = [Number(measureArg), Number(charsArg)]
const pieceChars = 20

const triage = signature(
  'mail: string -> team: "billing" | "tech", urgency: int(1..5), tags: string[], reason: string',
  'Route the mail to the team that acts first.',
)
/** That of the tables. */
const tabled = signature('mail -> team: "billing" | "tech", urgency: int(1..5), reason: string, note?: string')
const inputs = { mail: usual.reason }
const demos = Array.from({ length: 8 }, () => ({ inputs, outputs: usual }))

/** By what figures begin with. */
const adapters: { readonly [name: string]: { readonly adapter: Adapter; readonly table: readonly MalformedRow[] } } = {
  chat: { adapter: chatAdapter, table: malformedChat },
  json: { adapter: jsonAdapter, table: malformedJson },
  xml: { adapter: xmlAdapter, table: malformedXml },
  markdown: { adapter: markdownAdapter, table: malformedMarkdown },
  twoStep: { adapter: twoStepAdapter(), table: malformedJson },
}

/** An answer as the adapter asks for it; that of a two-step one is what its extraction gives, in JSON. */
function answerOf(adapter: Adapter, said: Said): string {
  const asked = adapter.name === 'two-step' ? jsonAdapter : adapter
  return messageText(asked.render(triage, [{ inputs, outputs: said }], inputs).prompt[2])
}

async function cost(run: () => unknown): Promise<number> {
  return await costUs(run, { measureMs, timesPerLook: 1 })
}

async function longFigures(adapter: Adapter, saidOf: (chars: number) => Said, inPieces = false) {
  const costOf = async (size: number) => {
    const said = saidOf(size)
    const text = answerOf(adapter, said)
    const read = () => (inPieces ? pieces(adapter, text) : adapter.parse(triage as Signature, text))
    return { us: await cost(() => checkRead(read().outputs, said)), length: text.length }
  }
  return await growthOf(costOf, chars)
}

function pieces(adapter: Adapter, text: string) {
  const reader = adapter.reader(triage)
  for (let at = 0; at < text.length; at += pieceChars) reader.push(text.slice(at, at + pieceChars))
  return reader.end()
}

/** How one malformed answer ends. */
function endOf(adapter: Adapter, answer: string): 'read' | 'mended' | 'refused' {
  const read = attempt(adapter, answer)
  return read === undefined ? 'refused' : read.repairs.length > 0 ? 'mended' : 'read'
}

function attempt(adapter: Adapter, answer: string) {
  try {
    return adapter.parse(tabled, answer)
  } catch (thrown) {
    if (isMabeamError(thrown) && thrown.code === 'dspx/unparsable-answer') return undefined
    throw thrown
  }
}

async function malformedFigures(adapter: Adapter, table: readonly MalformedRow[]) {
  const rows = usualLength(table)
  const answers = rows.map(([, answer]) => answer)
  const meant = rows.filter(([, , expected]) => !Array.isArray(expected))
  const isRead = ([, answer, expected]: MalformedRow) => isDeepStrictEqual(attempt(adapter, answer)?.outputs, expected)
  const all = () => {
    for (const answer of answers) endOf(adapter, answer)
  }
  const ends = answers.map((answer) => endOf(adapter, answer))
  const share = (end: string) => ends.filter((one) => one === end).length / ends.length
  return {
    MalformedUs: (await cost(all)) / answers.length,
    MalformedReadShare: meant.filter(isRead).length / meant.length,
    MalformedMendedShare: share('mended'),
    MalformedRefusedShare: share('refused'),
  }
}

/** What is longer than the limit is not looked at. */
async function refusedUs(adapter: Adapter): Promise<number> {
  const text = 'x'.repeat(2 * answerCharsMax)
  return await cost(() => endOf(adapter, text))
}

async function figuresOf(adapter: Adapter, table: readonly MalformedRow[]) {
  const prepared = adapter.prepare(triage as Signature, demos)
  const text = answerOf(adapter, usual)
  const found: Record<string, number> = {
    RenderUs: await cost(() => adapter.render(triage as Signature, demos, inputs)),
    AskUs: await cost(() => prepared.ask(inputs)),
    ParseUs: await cost(() => checkRead(adapter.parse(triage as Signature, text).outputs, usual)),
    ...(await malformedFigures(adapter, table)),
    RefusedUs: await refusedUs(adapter),
  }
  for (const [kind, { mbPerSec, growth }] of Object.entries({
    Text: await longFigures(adapter, longText),
    List: await longFigures(adapter, longList),
    Stream: await longFigures(adapter, longText, true),
  })) {
    found[`${kind}MbPerSec`] = mbPerSec
    found[`${kind}Growth`] = growth
  }
  if (adapter.extraction) found.ExtractionUs = await cost(() => adapter.extraction?.(triage as Signature, usual.reason))
  return found
}

/** A predictor with the chat adapter, and a model that gives `said`. */
async function callUs(said: Said): Promise<number> {
  const lm = instantModel(answerOf(chatAdapter, said))
  const asked = predict(triage)
  return await cost(async () => checkRead(await asked.run({ mail: 'I paid twice' }, { lm }), said))
}

const figures: Record<string, number> = {}
for (const name of names.split(',')) {
  const known = adapters[name]
  if (known) {
    for (const [figure, value] of Object.entries(await figuresOf(known.adapter, known.table)))
      figures[name + figure] = value
  } else {
    figures.callUs = await callUs(usual)
    figures.callTextMs = (await callUs(longText(chars))) / 1_000
    figures.callListMs = (await callUs(longList(chars))) / 1_000
  }
}
printFigures(figures)
