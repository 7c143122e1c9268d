/** Which sources are worth asking where this program runs, as a pure function of what it sees around it. */

/** What is looked at; nothing is asked. */
export interface Surroundings {
  readonly variables: { readonly [name: string]: string | undefined }
  /** Whether there is a token of a service account of Kubernetes. */
  readonly hasServiceAccount: boolean
}

/** A source that is asked, and why. */
export type PlannedSource =
  | { readonly kind: 'static'; readonly why: string; readonly servers: readonly string[]; readonly isNamed: boolean }
  | { readonly kind: 'kubernetes'; readonly why: string }
  | { readonly kind: 'consul'; readonly why: string }
  | { readonly kind: 'mdns'; readonly why: string }
  | { readonly kind: 'dns'; readonly why: string; readonly name: string }

/** Looked at in this order. */
const serverVariables = ['MABEAM_NATS_SERVERS', 'NATS_URL'] as const

/**
 * The sources in order of trust. Servers that somebody has named stand alone. Multicast is for development: it believes whoever is
 * on the network, so it is left out in production and inside a cluster.
 *
 * @example discoveryPlan({ variables: {}, hasServiceAccount: true }, 'nats')[0]?.kind // => 'kubernetes'
 */
export function discoveryPlan(
  { variables, hasServiceAccount }: Surroundings,
  service: string,
): readonly PlannedSource[] {
  for (const name of serverVariables) {
    const servers = (variables[name] ?? '').split(/[\s,]+/).filter((word) => word !== '')
    if (servers.length > 0) return [{ kind: 'static', why: `${name} is set`, servers, isNamed: true }]
  }
  const inKubernetes = hasServiceAccount && Boolean(variables.KUBERNETES_SERVICE_HOST)
  const hasConsul = Boolean(variables.CONSUL_HTTP_ADDR)
  const inProduction = variables.NODE_ENV === 'production'
  const plan: PlannedSource[] = []
  if (inKubernetes) plan.push({ kind: 'kubernetes', why: 'this is a pod with a service account' })
  if (hasConsul) plan.push({ kind: 'consul', why: 'CONSUL_HTTP_ADDR is set' })
  plan.push({ kind: 'dns', why: `the name ${service} may lead to it`, name: service })
  if (!inKubernetes && !hasConsul && !inProduction) {
    plan.push({ kind: 'mdns', why: 'a server of the local network may say so' })
  }
  plan.push({ kind: 'static', why: 'a server may run on this machine', servers: ['127.0.0.1'], isNamed: false })
  return plan
}
