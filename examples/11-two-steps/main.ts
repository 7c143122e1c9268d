/** A program of two steps: programs are made of programs. One model for all of it, the text of fields as it is written. */

import { bm25Index, chainOfThought, createModels, Program, predict, retrieve } from '@mabeam/dspx'

const lm = createModels().get('local/small')

const handbook = [
  'Refunds are paid back to the card within five working days.',
  'The app runs on phones with Android 12 or iOS 16 and later.',
  'Parcels are shipped on the next working day by courier.',
  'Passwords are reset from the link on the login page.',
]

/** Finds what the handbook says and answers from it. */
class Answers extends Program {
  query = predict('question -> query', {
    instructions: 'Say what has to be looked up, in a few words of the question.',
  })
  search = retrieve({ search: bm25Index(handbook), k: 2 })
  answer = chainOfThought('context: string[], question -> answer')

  // Plain code joins the steps: it may branch, loop, and run several at once. The model of the run reaches all of it.
  async forward({ question }: { question: string }) {
    const { query } = await this.query.run({ question })
    const { passages } = await this.search.run({ query: `${query} ${question}` })
    if (passages.length === 0) return { answer: 'The handbook says nothing about it.', reasoning: '' }
    return this.answer.run({ context: passages, question })
  }
}

const answers = new Answers()
const question = 'When are refunds paid back to my card?'
const { answer, usage } = await answers.run({ question }, { lm })
console.log(answer, `(${usage.calls} calls)`)

// As a stream: which predictor writes which field, piece by piece, and the result at the end.
let field = ''
for await (const part of answers.stream({ question }, { lm })) {
  if (part.type === 'result') console.log('\nin the end:', part.result.answer)
  if (part.type !== 'text') continue // steps with tools are parts too
  const place = `${part.predictor}.${part.field}`
  if (place !== field) process.stdout.write(`\n${place}:`)
  process.stdout.write(` |${part.text}`)
  field = place
}

// `trace` keeps what each step was asked and what it answered.
const traced = await answers.run({ question }, { lm, trace: true })
for (const { predictor, inputs, outputs } of traced.trace) console.log(predictor, inputs, '→', outputs)

// A predictor that says itself which model it asks is not overruled by the run.
const careful = new Answers()
careful.answer = chainOfThought('context: string[], question -> answer', {
  lm: createModels().get('local/base'),
})
const { attempts } = await careful.run({ question }, { lm })
console.log(attempts.map(({ predictor, modelId }) => `${predictor}: ${modelId}`).join(', '))

// A failure says what had been done until then.
await answers.run({ question: 7 as never }, { lm }).catch((error) => console.log(error.code, '–', error.message))
