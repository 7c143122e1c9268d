/** Ridge regression in its dual form, by Cholesky: small systems, one factorisation for many right-hand sides. */

/**
 * Solves `(K + ridge I) X = Y` for a symmetric positive semi-definite `K`.
 *
 * Shapes: `gram` [n × n] row-major, `targets` [n × m] row-major → [n × m].
 * Requires: `ridge > 0`.   Ensures: finite for finite input.
 * Source: Golub & Van Loan, Matrix Computations, 4th ed., 4.2. Differs: none.
 */
export function solveRidge(gram: Float64Array, targets: Float64Array, ridge: number): Float64Array {
  const n = Math.round(Math.sqrt(gram.length))
  const columns = n === 0 ? 0 : targets.length / n
  const lower = factorise(gram, n, ridge)
  const solution = Float64Array.from(targets)
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < n; i++) {
      let sum = solution[i * columns + c] as number
      for (let k = 0; k < i; k++) sum -= (lower[i * n + k] as number) * (solution[k * columns + c] as number)
      solution[i * columns + c] = sum / (lower[i * n + i] as number)
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = solution[i * columns + c] as number
      for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] as number) * (solution[k * columns + c] as number)
      solution[i * columns + c] = sum / (lower[i * n + i] as number)
    }
  }
  return solution
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
