/** What a method finds of one variable. */

export interface Effect {
  /** In the unit of the method, where the variable is active. */
  readonly effect: number
  /** With all interactions, where the method knows them. */
  readonly totalEffect?: number
  /** What `effect` counts for among those of other variables. */
  readonly weight: number
}
