/**
 * Ridge regression in its dual form, by Cholesky: small systems, one factorisation for many right-hand sides.
 *
 * The factors that `@mabeam/ml` keeps for its Gaussian processes are no part of its door and would not do here: they are packed rows
 * that grow, are solved for one side or four, refuse what is singular where this one goes on, and add up in another order. That
 * changes the last bits of scores, and with them answers of the model between equals.
 */

/**
 * Solves `(K + ridge I) X = Y` for a symmetric positive semi-definite `K`, as often as asked with one factorisation.
 *
 * Shapes: `gram` [n × n] row-major, targets [n × m] row-major → [n × m].
 * Requires: `ridge > 0`.   Ensures: finite for finite input.
 * Source: Golub & Van Loan, Matrix Computations, 4th ed., 4.2. Differs: none.
 */
export class RidgeSystem {
  readonly #n: number
  readonly #lower: Float64Array

  constructor(gram: Float64Array, ridge: number) {
    this.#n = Math.round(Math.sqrt(gram.length))
    this.#lower = factorise(gram, this.#n, ridge)
  }

  solve(targets: Float64Array): Float64Array {
    const n = this.#n
    const lower = this.#lower
    const columns = n === 0 ? 0 : targets.length / n
    const solution = targets.slice()
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) subtractRow(solution, columns, { from: i, row: k, times: lower[i * n + k] as number })
      divideRow(solution, columns, { row: i, by: lower[i * n + i] as number })
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++)
        subtractRow(solution, columns, { from: i, row: k, times: lower[k * n + i] as number })
      divideRow(solution, columns, { row: i, by: lower[i * n + i] as number })
    }
    return solution
  }
}

function subtractRow(
  matrix: Float64Array,
  columns: number,
  { from, row, times }: { readonly from: number; readonly row: number; readonly times: number },
): void {
  const to = from * columns
  const of = row * columns
  for (let c = 0; c < columns; c++) matrix[to + c] = (matrix[to + c] as number) - times * (matrix[of + c] as number)
}

function divideRow(
  matrix: Float64Array,
  columns: number,
  { row, by }: { readonly row: number; readonly by: number },
): void {
  for (let c = row * columns; c < (row + 1) * columns; c++) matrix[c] = (matrix[c] as number) / by
}

function factorise(gram: Float64Array, n: number, ridge: number): Float64Array {
  const lower = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = (gram[i * n + j] as number) + (i === j ? ridge : 0)
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number)
      lower[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (lower[j * n + j] as number)
    }
  }
  return lower
}
