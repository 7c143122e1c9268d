/** Where the API of Kubernetes is and what we are to it: from options, or from the service account of the pod we run in. */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkOptions, invalidOption, messageOf, rule } from '@mabeam/foundation'
import { pemAt, tokenAt } from './api-access.ts'
import { discoveryUnavailable } from './discovery-errors.ts'
import { serverPort } from './server-address.ts'

export interface KubernetesOptions {
  /** The service before the servers. @default 'nats' */
  readonly service?: string
  /** @default that of the pod; 'default' with `api` */
  readonly namespace?: string
  /** Of the servers: a number, or the name of a port of the service. @default 4222 */
  readonly port?: number | string
  /** Address of the API, such as `https://10.0.0.1:6443`. @default that of the cluster we run in */
  readonly api?: string
  /** File with the token; read anew for each request, since it is replaced as it runs out. @default that of the pod */
  readonly tokenPath?: string
  /** The token instead of its file: itself, or `env:NAME` or `file:PATH` that stands for it. @default none */
  readonly token?: string
  /** File with the certificate of the authority of the API, as PEM. @default that of the pod; with `api` those of Node */
  readonly caPath?: string
  /** Where the pod has its token, certificate and namespace. @default '/var/run/secrets/kubernetes.io/serviceaccount' */
  readonly accountPath?: string
  /** @default process.env */
  readonly variables?: { readonly [name: string]: string | undefined }
  /** For one request. @default 5_000 */
  readonly timeoutMs?: number
  /** How long one watch is asked to last. @default 240_000 */
  readonly watchMs?: number
}

export interface KubernetesAccess {
  readonly url: URL
  readonly headers: { readonly [name: string]: string }
  readonly ca: string | undefined
  readonly namespace: string
}

export const serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

export const kubernetesDefaults = {
  service: 'nats',
  port: serverPort,
  accountPath: serviceAccountPath,
  timeoutMs: 5_000,
  watchMs: 240_000,
} as const satisfies Partial<KubernetesOptions>

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelMax = 63

export function checkKubernetesOptions(options: KubernetesOptions): void {
  const isPort = (v: unknown) =>
    typeof v === 'string' ? label.test(v) : Number.isInteger(v) && Number(v) > 0 && Number(v) <= 65_535
  const isLabel = (v: unknown) => typeof v === 'string' && v.length <= labelMax && label.test(v)
  const name = {
    expected: 'a name of Kubernetes: small letters, digits and -, 63 at most',
    test: isLabel,
    optional: true,
  }
  checkOptions('kubernetes', options, {
    service: name,
    namespace: name,
    port: { expected: 'a port from 1 to 65535 or the name of one', test: isPort, optional: true },
    api: rule.optional(rule.string()),
    tokenPath: rule.optional(rule.string()),
    token: rule.optional(rule.string()),
    caPath: rule.optional(rule.string()),
    accountPath: rule.optional(rule.string()),
    variables: rule.optional(rule.object()),
    timeoutMs: rule.optional(rule.int(1)),
    watchMs: rule.optional(rule.int(1_000)),
  })
  const { api } = options
  if (api !== undefined && !/^https?:$/.test(URL.parse(api)?.protocol ?? '')) {
    throw invalidOption('kubernetes', 'api', 'an address such as https://10.0.0.1:6443', api)
  }
  if (options.token !== undefined && options.tokenPath !== undefined) {
    throw invalidOption('kubernetes', 'tokenPath', 'a token or its file, not both', options.tokenPath)
  }
}

/** Reads anew what may be replaced. Rejects with `engine-nats/discovery-unavailable`. */
export async function kubernetesAccess(options: KubernetesOptions): Promise<KubernetesAccess> {
  const { accountPath } = { ...kubernetesDefaults, ...options }
  const isOutside = options.api !== undefined
  const inPod = (file: string) => path.join(accountPath, file)
  const tokenPath = options.tokenPath ?? (isOutside ? undefined : inPod('token'))
  const caPath = options.caPath ?? (isOutside ? undefined : inPod('ca.crt'))
  const url = apiOf(options)
  const token = options.token
    ? tokenAt('kubernetes', options.token)
    : tokenPath && (await contentOf(tokenPath, 'the token')).trim()
  const ca = caPath && (await pemAt('kubernetes', caPath))
  const namespace =
    options.namespace ?? (isOutside ? 'default' : (await contentOf(inPod('namespace'), 'the namespace')).trim())
  const headers = {
    accept: 'application/json',
    'user-agent': 'mabeam',
    ...(token && { authorization: `Bearer ${token}` }),
  }
  return { url, headers, ca: ca || undefined, namespace }
}

function apiOf({ api, variables = process.env }: KubernetesOptions): URL {
  if (api !== undefined) return new URL(api)
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = variables
  const url = host ? URL.parse(`https://${host.includes(':') ? `[${host}]` : host}:${port}`) : null
  if (url !== null) return url
  const sentence = 'expected to run in a pod (KUBERNETES_SERVICE_HOST is not set); give the address of the API as api'
  throw discoveryUnavailable('kubernetes', sentence)
}

async function contentOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    const fix = 'is automountServiceAccountToken false?'
    throw discoveryUnavailable('kubernetes', `${what} could not be read: ${messageOf(thrown)}; ${fix}`, thrown)
  }
}
