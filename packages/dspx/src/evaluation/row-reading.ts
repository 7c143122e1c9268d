/**
 * The first row, watched: a program that is a class says nowhere what it takes, and so a wrong name in a data set would fail, or
 * score 0, row by row. What `forward` and the metric read of the first row tells.
 */

import { isMabeamError, type MabeamError, nearest } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { inputMissing, rowMismatch } from './errors.ts'
import { WatchedValues } from './watched-values.ts'

/** A row that is watched while a program and a metric read it. */
export class RowReading {
  readonly #example: Example
  readonly #owner: string | undefined
  readonly #inputs: WatchedValues
  readonly #labels: WatchedValues
  /** What the metric is given. */
  readonly judged: Example

  /** `owner` is who tells of mismatches; absent where the program says itself what it takes, and rows are checked by that. */
  constructor(example: Example, owner?: string) {
    this.#example = example
    this.#owner = owner
    this.#inputs = new WatchedValues(example.inputs)
    this.#labels = new WatchedValues(example.outputs)
    this.judged = { ...example, outputs: this.#labels.values }
  }

  /** What the program is given. */
  get inputs(): Example['inputs'] {
    return this.#inputs.values
  }

  /**
   * The `dspx/row-mismatch` that a run failed by, where it failed because it read an input that the row lacks, or was given one that
   * nobody takes; undefined for every other failure.
   */
  mismatch(thrown: unknown): MabeamError | undefined {
    const owner = this.#owner
    if (owner === undefined || !isMabeamError(thrown)) return undefined
    const { code, data } = thrown
    const { id, inputs } = this.#example
    if (code === 'foundation/unknown-name' && data.kind === 'input' && Object.hasOwn(inputs, String(data.name))) {
      return rowMismatch({ owner, id, field: String(data.name), known: data.known as readonly string[] })
    }
    const field = this.#missing(thrown)
    return field === undefined ? undefined : inputMissing({ owner, id, field, known: Object.keys(inputs) }, thrown)
  }

  /** What looks like a misspelt name where nothing failed. */
  notes(metric: string): string[] {
    const inputs = this.#owner === undefined ? [] : misspelt(this.#inputs)
    return [
      ...inputs.map((names) => noteOf('the program reads the input', names)),
      ...misspelt(this.#labels).map((names) => noteOf(`metric ${metric} reads the label`, names)),
    ]
  }

  #missing({ code, data, cause }: MabeamError): string | undefined {
    const { unread, lacking } = this.#inputs
    const isUnspent = data.usage === undefined
    if (code === 'dspx/program-failed')
      return isUnspent && cause instanceof TypeError ? nearestOf(lacking, unread) : undefined
    if (code !== 'dspx/invalid-input' || data.got !== 'nothing') return undefined
    const field = String(data.field)
    // Of inputs that were handed on whole the predictor tells; a name of its own only where the row has one that nobody read.
    const isOwn = unread.length > 0 && !Object.hasOwn(this.#example.inputs, field)
    return nearestOf(isOwn ? [...lacking, field] : lacking, unread)
  }
}

/** The name that is most like one of the others, else the first. */
function nearestOf(names: readonly string[], others: readonly string[]): string | undefined {
  return names.find((name) => nearest(name, others) !== undefined) ?? names[0]
}

type Misspelt = readonly [name: string, near: string]

/** Names that were read and are not there, beside one that is there and was not read. */
function misspelt({ lacking, unread }: WatchedValues): Misspelt[] {
  return lacking.flatMap((name): Misspelt[] => {
    const near = nearest(name, unread)
    return near === undefined ? [] : [[name, near]]
  })
}

function noteOf(reads: string, [name, near]: Misspelt): string {
  return `${reads} "${name}", and never "${near}" of the rows; is one of them misspelt?`
}
