/** The configuration of a program, and the engine it means. */

import {
  type Configuration,
  type ConfigurationOptions,
  detectEnvironment,
  type EngineOpener,
  loadConfiguration,
} from '@mabeam/foundation'
import { clusterEngine, type EngineTaken } from './cluster-engine.ts'
import { type EngineChoice, engineChoice } from './engine-choice.ts'

export interface ConfiguredCluster {
  readonly configuration: Configuration
  /** Undefined for one process, whose node brings its own engine. */
  readonly open: EngineOpener | undefined
  /** As known now; where it depends on what is reachable, once `open` has resolved. */
  readonly taken: EngineTaken
}

/** Which engine the configuration means. Rejects as `configuredCluster`. */
export async function configuredChoice(options: ConfigurationOptions): Promise<EngineChoice> {
  const configuration = await loadConfiguration(options)
  return chosen(configuration, options.env ?? process.env)
}

/**
 * Opens nothing yet.
 *
 * Rejects as `loadConfiguration` does, with `mabeam/cluster-unsaid` and `mabeam/cluster-refused`.
 */
export async function configuredCluster(options: ConfigurationOptions): Promise<ConfiguredCluster> {
  const configuration = await loadConfiguration(options)
  const variables = options.env ?? process.env
  const choice = chosen(configuration, variables)
  const engine = clusterEngine(choice, variables)
  if (engine === undefined) return { configuration, open: undefined, taken: { engine: 'none', reason: choice.reason } }
  return {
    configuration,
    open: engine.open,
    get taken() {
      return engine.taken
    },
  }
}

function chosen(configuration: Configuration, variables: { readonly [name: string]: string | undefined }) {
  return engineChoice({ configuration, environment: detectEnvironment(), variables })
}
