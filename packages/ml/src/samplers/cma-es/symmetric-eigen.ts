/** Eigenvalues and eigenvectors of a symmetric matrix. */

export interface SymmetricEigen {
  readonly values: Float64Array
  /** Row-major; column k is the unit vector of `values[k]`. */
  readonly vectors: Float64Array
}

/** Sweeps after which it is good enough; six are usual. */
const sweepsMax = 30

/**
 * Cyclic Jacobi rotations.
 *
 * Shapes: `matrix` [n·n] row-major, of which the upper triangle counts → values [n], vectors [n·n].
 * Requires: finite entries. Cost: O(n³) a sweep.
 * Source: Golub & Van Loan, Matrix Computations, 8.5. Differs: none.
 * @example symmetricEigen(Float64Array.of(2, 0, 0, 3), 2).values // => Float64Array [2, 3]
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = Float64Array.from(matrix)
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let off = 0
    let size = 0
    for (let i = 0; i < n; i++) {
      size += (a[i * n + i] as number) ** 2
      for (let j = i + 1; j < n; j++) off += (a[i * n + j] as number) ** 2
    }
    if (off <= 1e-26 * size || off === 0) break
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, { n, p, q })
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number), vectors }
}

interface Plane {
  readonly n: number
  readonly p: number
  readonly q: number
}

/** Makes entry (p, q) zero. */
function rotate(a: Float64Array, vectors: Float64Array, { n, p, q }: Plane): void {
  const apq = a[p * n + q] as number
  if (apq === 0) return
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cos = 1 / Math.sqrt(t * t + 1)
  const sin = t * cos
  const entry = (i: number, j: number) => (i <= j ? i * n + j : j * n + i)
  for (let k = 0; k < n; k++) {
    if (k !== p && k !== q) turn(a, [entry(k, p), entry(k, q)], [cos, sin])
    turn(vectors, [k * n + p, k * n + q], [cos, sin])
  }
  a[p * n + p] = (a[p * n + p] as number) - t * apq
  a[q * n + q] = (a[q * n + q] as number) + t * apq
  a[p * n + q] = 0
}

function turn(values: Float64Array, [i, j]: readonly [number, number], [cos, sin]: readonly [number, number]): void {
  const left = values[i] as number
  const right = values[j] as number
  values[i] = cos * left - sin * right
  values[j] = sin * left + cos * right
}
