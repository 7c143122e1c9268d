export { type CancelTimer, type Clock, delay, systemClock } from './clock.ts'
export {
  assert,
  type ErrorDetails,
  fromWireError,
  isMabeamError,
  type Json,
  MabeamError,
  messageOf,
  toWireError,
  type WireError,
} from './errors.ts'
export { checkOptions, invalidOption, nearest, type OptionRule, rule, show, unknownName } from './options.ts'
export { type Random, seededRandom } from './random.ts'
export { silentTelemetry, type Telemetry, type TelemetryEvent } from './telemetry.ts'
