/** Parts of a space in which some variables are active: how likely each cell of each axis is there. */

import { unitCell } from '../samplers/unit-config.ts'
import type { ConditionParent } from '../space/condition.ts'
import type { Scalar } from '../space/variable.ts'
import type { Axis } from './axis.ts'

/** Masses of the cells of each axis, and their running sums from 0. Shapes: [d][cells] and [d][cells + 1]. */
export interface Region {
  readonly masses: readonly Float64Array[]
  readonly sums: readonly Float64Array[]
  /** How likely a configuration drawn from the prior lies in it. */
  readonly probability: number
}

/** The part in which all of `requires` hold; all of the space for none. Undefined where they exclude each other. */
export function regionOf(axes: readonly Axis[], requires: readonly ConditionParent[]): Region | undefined {
  const masses = axes.map((axis) => axis.masses)
  let probability = 1
  for (const [d, axis] of axes.entries()) {
    const needs = requires.filter(({ name }) => name === axis.dimension.name)
    if (needs.length === 0) continue
    const values = (needs[0] as ConditionParent).values.filter((one) =>
      needs.every((need) => need.values.includes(one)),
    )
    const within = new Float64Array(axis.cells)
    for (const value of values) addOverlaps(within, axis, value)
    const sum = within.reduce((a, b) => a + b, 0)
    if (!(sum > 0)) return undefined
    probability *= sum
    masses[d] = within.map((one) => one / sum)
  }
  return { masses, sums: masses.map(runningSums), probability }
}

/** How likely it is that a cell of a set of runs is drawn. Shapes: `runs` [from, to, from, to, …]. */
export function massOf(sums: Float64Array, runs: readonly number[]): number {
  let mass = 0
  for (let i = 0; i < runs.length; i += 2) {
    mass += (sums[runs[i + 1] as number] as number) - (sums[runs[i] as number] as number)
  }
  return mass
}

/** Adds the part of the axis that a value stands for to the cells it lies in. */
function addOverlaps(within: Float64Array, axis: Axis, value: Scalar): void {
  const { dimension, cells, masses } = axis
  if (cells === dimension.count) {
    const cell = axis.cellOf(value)
    within[cell] = masses[cell] as number
    return
  }
  const [from, to] = unitCell(dimension, value)
  for (let cell = Math.floor(from * cells); cell < cells && cell / cells < to; cell++) {
    const overlap = Math.min(to, (cell + 1) / cells) - Math.max(from, cell / cells)
    within[cell] = (within[cell] as number) + Math.max(0, overlap)
  }
}

function runningSums(masses: Float64Array): Float64Array {
  const sums = new Float64Array(masses.length + 1)
  for (const [cell, mass] of masses.entries()) sums[cell + 1] = (sums[cell] as number) + mass
  return sums
}
