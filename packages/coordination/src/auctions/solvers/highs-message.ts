/** What the thread with HiGHS is asked and what it answers. */

/** A problem as HiGHS takes it: one column a bid, rows for items and groups; columns of the matrix follow each other. */
export interface HighsModel {
  readonly costs: Float64Array
  readonly rowUpper: Float64Array
  readonly starts: Int32Array
  readonly rows: Int32Array
  readonly coefficients: Float64Array
}

export interface HighsAsk {
  readonly id: number
  readonly model: HighsModel
  readonly timeLimitMs: number
}

export type HighsAnswer =
  | {
      readonly id: number
      readonly type: 'solved'
      /** By column; nothing where none was found in time. */
      readonly values: Float64Array | undefined
      /** Not finite where nothing is known yet. */
      readonly dualBound: number
    }
  | { readonly id: number; readonly type: 'failed'; readonly message: string }
