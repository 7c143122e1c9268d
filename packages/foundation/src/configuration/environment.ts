/** Where this process runs, as plain data: found out by looking at variables and files, never by asking the network. */

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

/** Variables of the environment. */
export interface Variables {
  readonly [name: string]: string | undefined
}

/** What the detection looks at; a test gives its own. */
export interface EnvironmentProbe {
  readonly variables: Variables
  /** The text of a file, if there is one that may be read. */
  readonly textOf: (path: string) => string | undefined
  readonly hasFile: (path: string) => boolean
  readonly cores: number
  readonly totalMemoryBytes: number
  /** What a control group allows; 0 when it sets no limit. */
  readonly constrainedMemoryBytes: number
  readonly platform: string
  readonly nodeVersion: string
  readonly userId: number | undefined
}

/** Where a process runs. */
export interface Environment {
  readonly container: boolean
  readonly kubernetes: { readonly namespace?: string; readonly pod?: string } | null
  readonly ci: boolean
  readonly cores: number
  /** Of the machine, or what its container may use where that is less. */
  readonly memoryBytes: number
  readonly platform: string
  readonly nodeVersion: string
  /** 0 is root; missing where the platform has none. */
  readonly userId?: number
}

/**
 * Where this process runs. Reads variables and a few files; no connection is opened.
 *
 * @example detectEnvironment().kubernetes?.namespace
 */
export function detectEnvironment(probe: EnvironmentProbe = machineProbe()): Environment {
  const { variables, cores, platform, nodeVersion, userId } = probe
  return {
    container: isContainer(probe),
    kubernetes: isKubernetes(variables) ? podOf(probe) : null,
    ci: isSet(variables.CI) || isSet(variables.GITHUB_ACTIONS) || isSet(variables.TEAMCITY_VERSION),
    cores,
    memoryBytes: memoryOf(probe),
    platform,
    nodeVersion,
    ...(userId !== undefined && { userId }),
  }
}

/** Whether these are the variables of a pod: the API server's address is put into every one. */
export function isKubernetes(variables: Variables): boolean {
  return isSet(variables.KUBERNETES_SERVICE_HOST)
}

/** This process and its machine. */
function machineProbe(): EnvironmentProbe {
  return {
    variables: process.env,
    hasFile: existsSync,
    textOf: (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
    },
    cores: availableParallelism(),
    totalMemoryBytes: totalmem(),
    constrainedMemoryBytes: process.constrainedMemory(),
    platform: process.platform,
    nodeVersion: process.versions.node,
    userId: process.getuid?.(),
  }
}

function isContainer({ variables, hasFile, textOf }: EnvironmentProbe): boolean {
  if (isKubernetes(variables) || isSet(variables.container)) return true
  if (hasFile('/.dockerenv') || hasFile('/run/.containerenv')) return true
  return /docker|kubepods|containerd|libpod|lxc/.test(textOf('/proc/1/cgroup') ?? '')
}

function podOf({ variables, textOf }: EnvironmentProbe): { namespace?: string; pod?: string } {
  const mounted = textOf('/var/run/secrets/kubernetes.io/serviceaccount/namespace')?.trim()
  const namespace = variables.POD_NAMESPACE || mounted
  // The host name of a pod is its name, unless the pod says otherwise.
  const pod = variables.POD_NAME || variables.HOSTNAME
  return { ...(namespace && { namespace }), ...(pod && { pod }) }
}

function memoryOf({ totalMemoryBytes, constrainedMemoryBytes }: EnvironmentProbe): number {
  // Without a limit some control groups say 0 and some a number beyond any memory.
  const isLimited = constrainedMemoryBytes > 0 && constrainedMemoryBytes < totalMemoryBytes
  return isLimited ? constrainedMemoryBytes : totalMemoryBytes
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase())
}
