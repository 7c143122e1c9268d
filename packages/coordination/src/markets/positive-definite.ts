/** A symmetric system of linear equations, by Cholesky's decomposition. */

/**
 * The solution of `matrix * x = right`, or `undefined` where the matrix is not positive definite, as far as rounding lets one see.
 *
 * Shapes: `matrix` [n * n] by rows, of which only the lower half is read, and which is overwritten; `right` [n] → [n].
 * Source: Golub & Van Loan, 4.2. Differs: none.
 */
export function solvePositiveDefinite(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const size = right.length
  for (let row = 0; row < size; row++) {
    const at = row * size
    for (let column = 0; column <= row; column++) {
      const other = column * size
      let sum = matrix[at + column] as number
      for (let k = 0; k < column; k++) sum -= (matrix[at + k] as number) * (matrix[other + k] as number)
      if (column < row) matrix[at + column] = sum / (matrix[other + column] as number)
      else if (!(sum > 0)) return undefined
      else matrix[at + row] = Math.sqrt(sum)
    }
  }
  const solution = right.slice()
  for (let row = 0; row < size; row++) {
    let sum = solution[row] as number
    for (let k = 0; k < row; k++) sum -= (matrix[row * size + k] as number) * (solution[k] as number)
    solution[row] = sum / (matrix[row * size + row] as number)
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = solution[row] as number
    for (let k = row + 1; k < size; k++) sum -= (matrix[k * size + row] as number) * (solution[k] as number)
    solution[row] = sum / (matrix[row * size + row] as number)
  }
  return solution
}
