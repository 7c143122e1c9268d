/** The training rows as demonstrations that one predictor could be shown. */

import type { Random } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { Demo, Signature } from '../signatures/signature.ts'
import { exampleText, fieldLabels } from '../text/example-text.ts'

/** One row of the pool. */
export interface PoolRow {
  /** The id of the example. */
  readonly id: string
  readonly demo: Demo
  /** The inputs as text, for statistics. */
  readonly text: string
}

export interface DemoPool {
  readonly rows: readonly PoolRow[]
  /** Sets of outputs by which rows can be told into classes: each output of fixed values, and all of them together. */
  readonly classings: readonly (readonly string[])[]
}

/**
 * The rows that hold every input of the predictor and at least one of its outputs, with the fields the predictor has. An input of
 * a predictor in the middle of a program may be a label of the row: what the step before it should have said. Outputs that the program's metric needs come first among the classings.
 */
export function demoPool(program: ProgramDefinition, predictor: string, train: readonly Example[]): DemoPool {
  const signature = program.predictors[predictor] as Signature
  const rows = train.flatMap((example) => {
    const known = { ...example, inputs: { ...example.outputs, ...example.inputs } }
    const inputs = pick(signature.inputs, known.inputs)
    const outputs = pick(signature.outputs, example.outputs)
    const isWhole = signature.inputs.every(({ name, optional }) => optional || Object.hasOwn(inputs, name))
    if (!isWhole || Object.keys(outputs).length === 0) return []
    return [{ id: example.id, demo: { inputs, outputs }, text: exampleText(known, signature.inputs) }]
  })
  const needed = program.metric.fields ?? []
  const labels = signature.outputs
    .filter(
      (field) => fieldLabels(field).length > 0 && rows.some(({ demo }) => Object.hasOwn(demo.outputs, field.name)),
    )
    .map(({ name }) => name)
    .sort((a, b) => Number(needed.includes(b)) - Number(needed.includes(a)))
  const each = labels.map((label) => [label])
  return { rows, classings: each.length > 1 ? [...each, labels] : each }
}

/**
 * The rows that questions choose the nearest of: all, each demonstration once, or where there are more, `size` of them at random;
 * in their order.
 */
export function nearestPool(
  rows: readonly PoolRow[],
  { size, random }: { readonly size: number; readonly random: Random },
): readonly Demo[] {
  const demos = [...new Map(rows.map(({ demo }) => [JSON.stringify(demo), demo])).values()]
  if (demos.length <= size) return demos
  const kept = new Set(random.shuffle([...demos.keys()]).slice(0, size))
  return demos.filter((_, at) => kept.has(at))
}

/** The class of a row under a classing; all rows are of one class when there is none. */
export function classOf(row: PoolRow, classing: readonly string[] | undefined): string {
  return classing === undefined ? '' : JSON.stringify(classing.map((name) => row.demo.outputs[name] ?? null))
}

function pick(fields: Signature['inputs'], values: Demo['inputs']): Demo['inputs'] {
  const picked: { [name: string]: Demo['inputs'][string] } = {}
  for (const { name } of fields) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value !== undefined) picked[name] = value
  }
  return picked
}
