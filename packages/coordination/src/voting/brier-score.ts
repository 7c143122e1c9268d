/** Whether somebody is as often right as it says. */

import { invalidOption } from '@mabeam/foundation'

/** A confidence, from 0 to 1, and whether what it was said of was right. */
export interface Forecast {
  readonly confidence: number
  readonly isRight: boolean
}

/** The Brier score in its parts: `brier = reliability - resolution + uncertainty`. */
export interface Calibration {
  /** 0 is perfect, 1 always sure and always wrong; always 0.5 gives 0.25. */
  readonly brier: number
  /** How far confidences are from how often they were right; 0 is calibrated. */
  readonly reliability: number
  /** How much it tells apart what will be right and what will not; more is better. */
  readonly resolution: number
  /** How hard it was to tell. */
  readonly uncertainty: number
}

/**
 * The loss of one forecast: the square of how far it was off, from 0 to 1. To say what one believes costs least on average.
 *
 * Throws: `foundation/invalid-option` for a confidence that is none.
 * Source: Brier, Monthly Weather Review 78(1), 1950. Differs: of one event, not of it and its opposite, so half of the original.
 * @example brierLoss({ confidence: 0.9, isRight: true }) // => 0.009999999999999995
 */
export function brierLoss({ confidence, isRight }: Forecast): number {
  if (!(confidence >= 0 && confidence <= 1)) {
    throw invalidOption('brierLoss', 'confidence', 'a number from 0 to 1', confidence)
  }
  return (Number(isRight) - confidence) ** 2
}

/**
 * Calibration of some forecasts; `undefined` of none.
 *
 * Source: Murphy, Journal of Applied Meteorology 12(4), 1973. Differs: none; forecasts are grouped by equal confidence.
 */
export function calibrationOf(forecasts: readonly Forecast[]): Calibration | undefined {
  const count = forecasts.length
  if (count === 0) return undefined
  const groups = new Map<number, { right: number; all: number }>()
  let [brier, right] = [0, 0]
  for (const forecast of forecasts) {
    brier += brierLoss(forecast) / count
    right += Number(forecast.isRight)
    const group = groups.get(forecast.confidence) ?? { right: 0, all: 0 }
    groups.set(forecast.confidence, { right: group.right + Number(forecast.isRight), all: group.all + 1 })
  }
  const base = right / count
  let [reliability, resolution] = [0, 0]
  for (const [confidence, group] of groups) {
    const rate = group.right / group.all
    reliability += (group.all / count) * (confidence - rate) ** 2
    resolution += (group.all / count) * (rate - base) ** 2
  }
  return { brier, reliability, resolution, uncertainty: base * (1 - base) }
}
