export {
  type AnomalyFinding,
  type AnomalySettings,
  type AnomalyState,
  type AnomalyStep,
  anomalyDefaults,
  anomalyStep,
  newSeries,
  type Trend,
} from './anomaly-step.ts'
export {
  type AnomalyAlert,
  type AnomalyOptions,
  type AnomalyTelemetry,
  anomalyTelemetry,
  anomalyTelemetryDefaults,
  type SeriesTrend,
} from './anomaly-telemetry.ts'
export { omittedAttributes } from './attribute-limits.ts'
export { type MeasurementKind, type MeasurementKinds, measurementKinds } from './measurement.ts'
export { filterTelemetry, mergeTelemetry } from './merged-telemetry.ts'
export type { MetricOptions } from './metric-options.ts'
export {
  type BridgeStats,
  bridgeDefaults,
  type OpenTelemetryBridge,
  type OpenTelemetryBridgeOptions,
  openTelemetryBridge,
} from './open-telemetry-bridge.ts'
export {
  type MetricsResponse,
  type PrometheusOptions,
  type PrometheusTelemetry,
  prometheusDefaults,
  prometheusTelemetry,
} from './prometheus-telemetry.ts'
export { type Severities, type Severity, severities } from './severity.ts'
export { type SpanPair, spanPairs } from './span-rule.ts'
