/**
 * Cholesky factors: K = L Lᵀ for a symmetric positive definite K. A symmetric matrix and a lower triangle are both kept as
 * packed rows: row i holds i+1 numbers from position i(i+1)/2 on, so that a row more is an append.
 */

/** Length of the packed rows of a matrix of order n. @example packedLength(3) // => 6 */
export function packedLength(n: number): number {
  return (n * (n + 1)) / 2
}

/**
 * Turns rows `from … n-1` of K, in place, into rows of L; the rows before are rows of L already. With `from` n-1 it appends a
 * row in O(n²); from 0 on it takes n³/6 multiplications.
 *
 * Shapes: `rows` at least [n(n+1)/2].   Ensures: the same bits whatever `from` was each time; false where K is not positive
 * definite to working precision, and the rows from the offending one on are then of no use.
 * Source: Golub & Van Loan, Matrix Computations, 4.2, in the row order of Banachiewicz, two rows at a time.
 */
export function factorise(rows: Float64Array, n: number, from = 0): boolean {
  let i = from
  for (; i + 1 < n; i += 2) {
    const first = packedLength(i)
    const second = first + i + 1
    eliminateBoth(rows, { i, first, second })
    if (!eliminate(rows, { i, at: first, from: i })) return false
    if (!eliminate(rows, { i: i + 1, at: second, from: i })) return false
  }
  return i >= n || eliminate(rows, { i, at: packedLength(i), from: 0 })
}

/** Solves L x = b in place. Shapes: `b` at least [n]; other entries stay. */
export function solveLower(rows: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0, at = 0; i < n; at += i + 1, i++) {
    b[i] = ((b[i] as number) - dot(rows, { at, b, to: i })) / (rows[at + i] as number)
  }
}

/** Solves Lᵀ x = b in place. Shapes: `b` at least [n]; other entries stay. */
export function solveUpper(rows: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const at = packedLength(i)
    const value = (b[i] as number) / (rows[at + i] as number)
    b[i] = value
    for (let j = 0; j < i; j++) b[j] = (b[j] as number) - value * (rows[at + j] as number)
  }
}

/** How many right sides `solveLowerLanes` takes. */
export const lanes = 4

/**
 * Goes on with solving L x = b for four right sides at once, from row `from` up to row `to`; rows before must be solved. It is
 * twice as fast as one by one, and a caller may stop when it has seen enough.
 *
 * Shapes: `b` at least [to][4], flat by rows.
 */
export function solveLowerLanes(
  rows: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
  b: Float64Array,
): void {
  for (let i = from, at = packedLength(from); i < to; at += i + 1, i++) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let j = 0, k = 0; j < i; j++, k += 4) {
      const l = rows[at + j] as number
      s0 += l * (b[k] as number)
      s1 += l * (b[k + 1] as number)
      s2 += l * (b[k + 2] as number)
      s3 += l * (b[k + 3] as number)
    }
    const scale = 1 / (rows[at + i] as number)
    const k = 4 * i
    b[k] = ((b[k] as number) - s0) * scale
    b[k + 1] = ((b[k + 1] as number) - s1) * scale
    b[k + 2] = ((b[k + 2] as number) - s2) * scale
    b[k + 3] = ((b[k + 3] as number) - s3) * scale
  }
}

/** log det K. @example logDeterminant(Float64Array.of(2), 1) // => log 4 */
export function logDeterminant(rows: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.log(rows[packedLength(i) + i] as number)
  return 2 * sum
}

/**
 * K⁻¹ from L.
 *
 * Shapes: `rows` [n(n+1)/2] → the same.   Source: L⁻¹ by rows, then L⁻ᵀ L⁻¹ as a sum of outer products; n³/3 multiplications.
 */
export function inverseOf(rows: Float64Array, n: number): Float64Array {
  const lower = inverseTriangle(rows, n)
  const inverse = new Float64Array(packedLength(n))
  let k = 0
  for (; k + 3 < n; k += 4) {
    const [a, b, c, d] = fourRows(k)
    for (let i = 0, at = 0; i <= k; at += i + 1, i++) {
      const t = lower[a + i] as number
      const u = lower[b + i] as number
      const v = lower[c + i] as number
      const w = lower[d + i] as number
      for (let j = 0; j <= i; j++) {
        const sum = t * (lower[a + j] as number) + u * (lower[b + j] as number)
        inverse[at + j] =
          (inverse[at + j] as number) + sum + v * (lower[c + j] as number) + w * (lower[d + j] as number)
      }
    }
    addOuterRow(inverse, lower, { row: b, width: k + 2, from: k + 1 })
    addOuterRow(inverse, lower, { row: c, width: k + 3, from: k + 1 })
    addOuterRow(inverse, lower, { row: d, width: k + 4, from: k + 1 })
  }
  for (; k < n; k++) addOuterRow(inverse, lower, { row: packedLength(k), width: k + 1, from: 0 })
  return inverse
}

/** Where row k and the three after it begin. */
function fourRows(k: number): readonly [number, number, number, number] {
  const first = packedLength(k)
  return [first, first + k + 1, first + 2 * k + 3, first + 3 * k + 6]
}

/** Adds rows `from … width-1` of the outer product of a packed row with itself. */
function addOuterRow(
  inverse: Float64Array,
  lower: Float64Array,
  { row, width, from }: { readonly row: number; readonly width: number; readonly from: number },
): void {
  for (let i = from, at = packedLength(from); i < width; at += i + 1, i++) {
    const u = lower[row + i] as number
    for (let j = 0; j <= i; j++) inverse[at + j] = (inverse[at + j] as number) + u * (lower[row + j] as number)
  }
}

function inverseTriangle(rows: Float64Array, n: number): Float64Array {
  const out = new Float64Array(packedLength(n))
  for (let i = 0, at = 0; i < n; at += i + 1, i++) {
    let k = 0
    for (; k + 3 < i; k += 4) {
      const [a, b, c, d] = fourRows(k)
      const t = rows[at + k] as number
      const u = rows[at + k + 1] as number
      const v = rows[at + k + 2] as number
      const w = rows[at + k + 3] as number
      for (let j = 0; j <= k; j++) {
        const sum = t * (out[a + j] as number) + u * (out[b + j] as number)
        out[at + j] = (out[at + j] as number) - (sum + v * (out[c + j] as number) + w * (out[d + j] as number))
      }
      // Of the three rows after row k, what lies beyond its end.
      subtractTail(out, at + k + 1, { from: b + k + 1, length: 1, times: u })
      subtractTail(out, at + k + 1, { from: c + k + 1, length: 2, times: v })
      subtractTail(out, at + k + 1, { from: d + k + 1, length: 3, times: w })
    }
    for (; k < i; k++) {
      subtractTail(out, at, { from: packedLength(k), length: k + 1, times: rows[at + k] as number })
    }
    const scale = 1 / (rows[at + i] as number)
    for (let j = 0; j < i; j++) out[at + j] = (out[at + j] as number) * scale
    out[at + i] = scale
  }
  return out
}

/** Takes `times` the numbers from `from` on off those from `at` on. */
function subtractTail(
  out: Float64Array,
  at: number,
  { from, length, times }: { readonly from: number; readonly length: number; readonly times: number },
): void {
  for (let j = 0; j < length; j++) out[at + j] = (out[at + j] as number) - times * (out[from + j] as number)
}

/** Columns 0 … i-1 of rows i and i+1, two columns at a time, so that a number that was loaded is used twice. */
function eliminateBoth(
  rows: Float64Array,
  { i, first, second }: { readonly i: number; readonly first: number; readonly second: number },
): void {
  let j = 0
  for (; j + 1 < i; j += 2) {
    const a = packedLength(j)
    const b = a + j + 1
    let s00 = 0
    let s01 = 0
    let s10 = 0
    let s11 = 0
    for (let k = 0; k < j; k++) {
      const x = rows[first + k] as number
      const y = rows[second + k] as number
      const u = rows[a + k] as number
      const v = rows[b + k] as number
      s00 += x * u
      s01 += x * v
      s10 += y * u
      s11 += y * v
    }
    const diagonal = rows[a + j] as number
    const cross = rows[b + j] as number
    const next = rows[b + j + 1] as number
    const x = ((rows[first + j] as number) - s00) / diagonal
    const y = ((rows[second + j] as number) - s10) / diagonal
    rows[first + j] = x
    rows[second + j] = y
    rows[first + j + 1] = ((rows[first + j + 1] as number) - (s01 + x * cross)) / next
    rows[second + j + 1] = ((rows[second + j + 1] as number) - (s11 + y * cross)) / next
  }
  if (j >= i) return
  const a = packedLength(j)
  const diagonal = rows[a + j] as number
  for (const at of [first, second]) {
    let sum = 0
    for (let k = 0; k < j; k++) sum += (rows[at + k] as number) * (rows[a + k] as number)
    rows[at + j] = ((rows[at + j] as number) - sum) / diagonal
  }
}

/** Columns `from … i` of row i. */
function eliminate(
  rows: Float64Array,
  { i, at, from }: { readonly i: number; readonly at: number; readonly from: number },
): boolean {
  for (let j = from; j < i; j++) {
    const a = packedLength(j)
    let sum = 0
    for (let k = 0; k < j; k++) sum += (rows[at + k] as number) * (rows[a + k] as number)
    rows[at + j] = ((rows[at + j] as number) - sum) / (rows[a + j] as number)
  }
  const whole = rows[at + i] as number
  let rest = whole
  for (let k = 0; k < i; k++) rest -= (rows[at + k] as number) ** 2
  if (!(rest > Math.abs(whole) * 1e-14)) return false
  rows[at + i] = Math.sqrt(rest)
  return true
}

/** The product of the numbers from `at` on with `b`, four sums at a time because one would wait for itself. */
function dot(
  rows: Float64Array,
  { at, b, to }: { readonly at: number; readonly b: Float64Array; readonly to: number },
) {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let j = 0
  for (; j + 3 < to; j += 4) {
    s0 += (rows[at + j] as number) * (b[j] as number)
    s1 += (rows[at + j + 1] as number) * (b[j + 1] as number)
    s2 += (rows[at + j + 2] as number) * (b[j + 2] as number)
    s3 += (rows[at + j + 3] as number) * (b[j + 3] as number)
  }
  for (; j < to; j++) s0 += (rows[at + j] as number) * (b[j] as number)
  return s0 + s1 + s2 + s3
}
