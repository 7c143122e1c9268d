/**
 * The model proposer: asks a language model to write instructions from the task and its rows, to rewrite them from what was tried
 * and seen, and to draw rules. What it asks are programs of ours, so its calls are counted, paid and resumed like all others.
 */

import { checkOptions, definedOptions, hasCode, type Random, rule } from '@mabeam/foundation'
import type { LanguageModel } from '../../models/language-model.ts'
import { noModel } from '../../programs/errors.ts'
import { predict } from '../../programs/predictor.ts'
import type { Program, ProgramInputs, ProgramOutputs } from '../../programs/program.ts'
import { runRules } from '../../programs/run-options.ts'
import { signature } from '../../signatures/signature.ts'
import { bear } from '../failed-proposal.ts'
import type { Proposer, ProposerContext, Rewrite, RewriteContext } from '../proposer.ts'
import { fieldsText, labeledText, seenText, triedText } from './proposal-text.ts'

export interface ModelProposerOptions {
  /** Who writes. @default the model of the program */
  readonly lm?: LanguageModel | string
  /** @default 1 */
  readonly temperature?: number
  /** Instructions that are written where nobody says how many. @default 6 */
  readonly count?: number
  /** Rows that are shown at once, at most. @default 10 */
  readonly rows?: number
}

export const modelProposerDefaults = { temperature: 1, count: 6, rows: 10 } as const satisfies Omit<
  Required<ModelProposerOptions>,
  'lm'
>

/** The most characters that are kept of what a model wrote. */
export const writtenCharsMax = 20_000

/**
 * Asks one question for each text. An answer that cannot be read is no text, and neither is one that the model does not give (the
 * context is too long, its rate limit is used up), but for a key that is refused: a tuning counts it and goes on. What is written
 * depends on the model, so claims of quality hold for the model they were measured with.
 *
 * Source: the grounded proposals of Opsahl-Ong et al., MIPRO, EMNLP 2024 (data, task, a tip), and the reflection of Agrawal et al.,
 * GEPA, 2025. Differs: the program's source is not shown; the fields and their descriptions are.
 * @example gepa({ proposer: modelProposer({ lm: 'openai/gpt-4.1' }) })
 */
export function modelProposer(options: ModelProposerOptions = {}): Proposer {
  checkOptions('modelProposer', options, {
    lm: runRules.lm,
    temperature: rule.optional(rule.number(0, 2)),
    count: rule.optional(rule.int(1, 1_000)),
    rows: rule.optional(rule.int(1, 1_000)),
  })
  const settings = { ...modelProposerDefaults, ...definedOptions(options) }
  return {
    name: 'model',
    async propose(context) {
      const base = context.signature.instructions
      const candidates: { [name: string]: string } = { base }
      const { count: total = settings.count } = context
      const tell = (done: number) => context.onProgress?.({ what: 'proposer', done, total })
      for (let i = 1; i <= total; i++) {
        tell(i - 1)
        const random = context.random.fork(`proposal ${i}`)
        const inputs = {
          ...about(context),
          examples: labeledText(random.shuffle(context.train).slice(0, settings.rows), context.signature),
          tip: tips[random.int(tips.length)] as string,
        }
        const said = await answered(context, settings, { program: writing, random, inputs })
        const text = written(said?.instructions)
        if (text !== '' && !Object.values(candidates).includes(text)) candidates[`written-${i}`] = text
      }
      tell(total)
      return candidates
    },
    async rewrite(context) {
      const known = new Set(context.tried.map(({ instructions }) => instructions))
      const found: Rewrite[] = []
      const { count: total } = context
      const tell = (done: number) => context.onProgress?.({ what: 'proposer', done, total })
      for (let i = 1; i <= total; i++) {
        tell(i - 1)
        const made = await rewritten(context, settings, context.random.fork(`rewriting ${i}`))
        if (made === undefined || known.has(made.instructions)) continue
        known.add(made.instructions)
        found.push(made)
      }
      tell(total)
      return found
    },
  }
}

type Settings = Omit<Required<ModelProposerOptions>, 'lm'> & Pick<ModelProposerOptions, 'lm'>

async function rewritten(context: RewriteContext, settings: Settings, random: Random): Promise<Rewrite | undefined> {
  const present = context.tried[0]?.instructions ?? context.signature.instructions
  const inputs = {
    ...about(context),
    present,
    tried: triedText(context.tried.slice(1, settings.rows)),
    seen: seenText(context.seen.slice(0, settings.rows)),
  }
  if (context.style === 'rules') {
    const said = await answered(context, settings, { program: ruling, random, inputs })
    const rules = (said?.rules ?? [])
      .map((one) => written(String(one)))
      .filter((one) => one !== '' && !present.includes(one))
    if (rules.length === 0) return undefined
    return { instructions: `${present}\n${rules.map((one) => `- ${one}`).join('\n')}`, because: reason(said?.because) }
  }
  const said = await answered(context, settings, { program: reflecting, random, inputs })
  const instructions = written(said?.instructions)
  return instructions === '' ? undefined : { instructions, because: reason(said?.because) }
}

/** The answer; undefined where it could not be read, or where the model gave none and that is borne. */
async function answered<P extends Program>(
  { ask, signal, onFailed }: ProposerContext,
  { lm, temperature }: Settings,
  { program, random, inputs }: { readonly program: P; readonly random: Random; readonly inputs: ProgramInputs<P> },
): Promise<ProgramOutputs<P> | undefined> {
  signal?.throwIfAborted()
  if (ask === undefined) throw noModel('modelProposer', 'a context that can ask a model', undefined)
  const seed = random.int(2 ** 31)
  try {
    return await ask(program, inputs, { ...(lm !== undefined && { lm }), temperature, seed })
  } catch (thrown) {
    const isUnreadable = hasCode(thrown, 'dspx/unparsable-answer')
    if (!isUnreadable || onFailed) bear(thrown, { signal, onFailed })
    return undefined
  }
}

function about({ signature: asked }: ProposerContext) {
  return { task: asked.instructions, fields: fieldsText(asked) }
}

function written(text: string | undefined): string {
  return (text ?? '').trim().slice(0, writtenCharsMax)
}

function reason(text: string | undefined): string {
  return written(text).slice(0, 500) || 'the model gave no reason'
}

const tips = [
  'Be plain and short.',
  'Say in detail what each output means and how to decide it.',
  'Name the mistakes that are easy to make here, and how to avoid them.',
  'Say in what order to look at things before answering.',
  'Begin by saying whose work this is and what depends on it.',
] as const

const writing = predict(
  signature(
    'task, fields, examples, tip -> instructions',
    'Write instructions for a language model that is given the inputs and must give the outputs of this task. The examples are from the data. Write nothing else than the instructions, and do not mention single examples.',
  ),
  { name: 'modelProposer' },
)

const reflecting = predict(
  signature(
    'task, fields, present, tried, seen -> because, instructions',
    'The present instructions made a language model do what is seen. Say in one sentence because of what the instructions have to change, then write better ones, whole. Keep what works. State facts of the task that the rows and their feedback show, and general ways of deciding; do not mention single rows.',
  ),
  { name: 'modelProposer' },
)

const ruling = predict(
  signature(
    'task, fields, present, tried, seen -> because, rules: string[]',
    'Compare what went well with what went wrong under the present instructions. Say in one sentence because of what rules are needed, then write one to three short rules that are not in the instructions yet and would help with rows like these.',
  ),
  { name: 'modelProposer' },
)
