/** How teleprompters ask their proposer: with what predictors were seen to do, and the rows that hold their inputs. */

import type { Example, FieldValues } from '../../datasets/example.ts'
import type { ProgramState } from '../../programs/program-state.ts'
import { type Signature, withInstructions } from '../../signatures/signature.ts'
import { rewritten } from '../failed-proposal.ts'
import type { Proposer, Rewrite, RewriteContext, SeenStep } from '../proposer.ts'
import type { Evidence, ScoredRow, TuningContext } from '../teleprompter.ts'

/** What a rewriting is asked for. */
export interface RewriteAsked {
  readonly predictor: string
  readonly tried: RewriteContext['tried']
  readonly seen: readonly SeenStep[]
  readonly style: RewriteContext['style']
  readonly count: number
  /** Names the stream of random numbers: another name, other texts. */
  readonly label: string
}

/** Rows of a run of a teleprompter by id, and what traces showed of predictors in the middle of a program. */
export class Sight {
  readonly #context: TuningContext
  readonly #rows: ReadonlyMap<string, Example>
  readonly #training: ReadonlySet<string>
  readonly #traced = new Map<string, Map<string, Example>>()

  constructor(context: TuningContext) {
    this.#context = context
    this.#rows = new Map([...context.train, ...context.val].map((row) => [row.id, row]))
    this.#training = new Set(context.train.map(({ id }) => id))
  }

  row(id: string): Example {
    return this.#rows.get(id) as Example
  }

  /** What a predictor did on traced rows. A row on which it was asked several times is several steps. */
  steps(predictor: string, evidence: Evidence): SeenStep[] {
    const { inputs, outputs } = this.#context.program.predictors[predictor] as Signature
    return evidence.rows.flatMap((row): SeenStep[] => {
      const example = this.row(row.id)
      const expected = picked(outputs, example.outputs)
      const { score, feedback } = row
      const about = { expected, score, ...(feedback !== undefined && { feedback }) }
      const asked = row.steps?.filter((step) => step.predictor === predictor) ?? []
      this.#remember(predictor, row, asked)
      if (row.error !== undefined)
        return [{ ...about, inputs: picked(inputs, example.inputs), error: row.error.message }]
      return asked.map((step) => ({ ...about, inputs: step.inputs, outputs: step.outputs }))
    })
  }

  /** Training rows with inputs of a predictor: as they are, or as traces showed them. */
  training(predictor: string): readonly Example[] {
    const { inputs } = this.#context.program.predictors[predictor] as Signature
    const { train } = this.#context
    const holds = (row: Example) => inputs.some(({ name }) => Object.hasOwn(row.inputs, name))
    return train.some(holds) ? train : [...(this.#traced.get(predictor)?.values() ?? [])]
  }

  /** Asks for new instructions of a predictor. */
  async rewrite(proposer: Proposer, asked: RewriteAsked): Promise<readonly Rewrite[]> {
    const { program, initial, random, signal, ask, onProgress, onFailed } = this.#context
    const { predictor, label, ...rest } = asked
    const base = initial.predictors[predictor]?.instructions ?? ''
    return await rewritten(proposer, {
      ...rest,
      signature: withInstructions(program.predictors[predictor] as Signature, base),
      train: this.training(predictor),
      random: random.fork(`${label} ${predictor}`),
      ask,
      signal,
      ...(onProgress && { onProgress }),
      ...(onFailed && { onFailed }),
    })
  }

  #remember(predictor: string, { id }: ScoredRow, asked: readonly { readonly inputs: FieldValues }[]): void {
    if (!this.#training.has(id)) return
    const known = this.#traced.get(predictor) ?? new Map<string, Example>()
    this.#traced.set(predictor, known)
    const [first] = asked
    if (first !== undefined) known.set(id, { ...this.row(id), inputs: first.inputs })
  }
}

/** Labelled rows as steps that nobody made: what right answers look like. */
export function labeledSteps(signature: Signature, rows: readonly Example[]): SeenStep[] {
  return rows.map(({ inputs, outputs }) => ({
    inputs: picked(signature.inputs, inputs),
    expected: picked(signature.outputs, outputs),
    score: 1,
  }))
}

/** The instructions of a predictor in a state. */
export function instructionsOf(state: ProgramState, predictor: string): string {
  return state.predictors[predictor]?.instructions ?? ''
}

function picked(fields: Signature['inputs'], values: FieldValues): FieldValues {
  return Object.fromEntries(
    fields.flatMap(({ name }) => (Object.hasOwn(values, name) ? [[name, values[name]]] : [])),
  ) as FieldValues
}
