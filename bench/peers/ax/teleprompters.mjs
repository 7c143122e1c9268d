/**
 * Programs and demonstrations of Ax, told through lines of JSON on standard input, each answered with one.
 *
 * `{"open": {url, model, task, train, test, seed}}` begins anew; `{"show": {predictor: {instructions, demos}}}` makes a program of these,
 * `{"tune": name}` that of a way of Ax to find demonstrations; `{"score": true}` then answers with the share of test rows that are right. A row is `{inputs, outputs}`.
 */

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { AxBootstrapFewShot, ai, ax } from '@ax-llm/ax'

const atOnce = 8
const teams = 'billing, shipping, technical, account, security, sales, other'
const domains =
  'auto_and_commute, banking, credit_cards, home, kitchen_and_dining, meta, small_talk, travel, utility, work'
const generator = (name, signature, description) => {
  const made = ax(signature, { description })
  made.setId(name)
  return made
}

const tasks = {
  clinc() {
    const predict = generator(
      'predict',
      `userText:string -> domain:class "${domains}"`,
      'Say which domain the request to a voice assistant belongs to.',
    )
    return { generators: { predict }, outputs: ['domain'], run: (llm, inputs) => predict.forward(llm, inputs) }
  },
  triage() {
    const find = generator(
      'find',
      'userText:string -> evidence:string',
      'Quote the words of the ticket that decide who has to act.',
    )
    const route = generator(
      'route',
      `userText:string, evidence:string -> team:class "${teams}"`,
      'Route the ticket to the team that has to act first.',
    )
    const rate = generator(
      'rate',
      'userText:string, team:string -> urgency:class "low, normal, high"',
      'Say how urgent the ticket is.',
    )
    const run = async (llm, { userText }) => {
      const { evidence } = await find.forward(llm, { userText })
      const { team } = await route.forward(llm, { userText, evidence })
      const { urgency } = await rate.forward(llm, { userText, team })
      return { team, urgency }
    }
    return { generators: { find, route, rate }, outputs: ['team', 'urgency'], run }
  },
}

let llm, task, program, train, test, random

/** mulberry32: the rows drawn are those of the seed. */
function randomOf(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function drawn(rows, count) {
  const rest = [...rows]
  return Array.from(
    { length: Math.min(count, rest.length) },
    () => rest.splice(Math.floor(random() * rest.length), 1)[0],
  )
}

function share(row, found) {
  return program.outputs.filter((name) => found[name] === row.outputs[name]).length / program.outputs.length
}

/** Ax refuses "text" as too generic a name. */
function inputsOf({ inputs: { text, ...rest } }) {
  return { userText: text, ...rest }
}

function traceOf(row) {
  return { ...inputsOf(row), ...row.outputs }
}

/** Ax has no teleprompter that only draws rows: they are set as demonstrations. */
function setRows(name, rows) {
  program.generators[name].setDemos([{ programId: name, traces: rows.map(traceOf) }])
}

const commands = {
  open(given) {
    ;({ task, train, test } = given)
    random = randomOf(given.seed)
    program = tasks[task]()
    // `temperature` 0 is what the others leave to the endpoint
    const config = { model: given.model, stream: false, temperature: 0 }
    llm = ai({ name: 'openai', apiKey: 'none', apiURL: given.url, config })
  },
  show(shown) {
    program = tasks[task]()
    for (const [name, { instructions, demos }] of Object.entries(shown)) {
      program.generators[name].setDescription(instructions)
      setRows(name, demos)
    }
  },
  async tune(name) {
    program = tasks[task]()
    if (name === 'labeled') {
      for (const generator of Object.keys(program.generators)) setRows(generator, drawn(train, 16))
      return
    }
    // Its draw of rows is by Math.random.
    Math.random = random
    const optimizer = new AxBootstrapFewShot({ studentAI: llm, options: { verboseMode: false } })
    const rows = train.map(traceOf)
    const metric = ({ prediction, example }) => Number(program.outputs.every((one) => prediction[one] === example[one]))
    const { demos } = await optimizer.compile(program.generators.predict, rows, metric)
    program.generators.predict.setDemos(demos)
  },
  async score() {
    const scores = []
    const rest = test.values()
    const work = async () => {
      for (const row of rest) {
        const found = await program.run(llm, inputsOf(row)).catch(() => ({}))
        scores.push(share(row, found))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return scores.reduce((sum, one) => sum + one, 0) / test.length
  },
}

const manifest = new URL('./node_modules/@ax-llm/ax/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
process.stdout.write(`${JSON.stringify({ version })}\n`)
// Whoever asked is gone: nothing under way matters.
process.stdin.once('end', () => process.exit())
for await (const line of createInterface({ input: process.stdin })) {
  const [[what, given]] = Object.entries(JSON.parse(line))
  const found = await commands[what](given)
  process.stdout.write(`${JSON.stringify({ [what]: found ?? null })}\n`)
}
