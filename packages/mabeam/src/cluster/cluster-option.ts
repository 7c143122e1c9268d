/**
 * By what the nodes of a program meet: one word, or the word with its details. It is plain data, so that all of it can stand in
 * `mabeam.config.json` and in variables (`MABEAM_CLUSTER=kubernetes`, `MABEAM_CLUSTER__SERVICE=nats`) as well.
 */

import type { ClusterCredentials, ClusterKind, ClusterTls } from '@mabeam/foundation'

/** @example 'local'  @example 'kubernetes'  @example { kind: 'nats', servers: ['nats://a:4222', 'nats://b:4222'], tls: true } */
export type ClusterOption =
  | ClusterKind
  | NoCluster
  | LocalCluster
  | NatsCluster
  | KubernetesCluster
  | ConsulCluster
  | DnsCluster
  | AutoCluster

/** One process; nothing outlives it. */
export interface NoCluster {
  readonly kind: 'none'
}

/** The processes of this project on this machine, which find each other by themselves. */
export interface LocalCluster {
  readonly kind: 'local'
  /** Where its socket and its log are. @default a folder of this user for this project */
  readonly directory?: string
  /** `none` keeps no log: what is in states and queues is gone with the last process. @default 'relaxed' */
  readonly durability?: 'none' | 'relaxed'
}

/** What is said of NATS servers, however they are found. */
export interface OnServers {
  /** Secrets, or `env:NAME` and `file:PATH` that stand for them. @default none */
  readonly credentials?: ClusterCredentials
  /** `true` trusts what the machine trusts. @default none; enterprise has to say it */
  readonly tls?: boolean | ClusterTls
  /** Copies of what is kept. @default as many as there are servers, 3 at most; 3 in enterprise */
  readonly replicas?: number
  /** `strict` refuses servers that could lose what they acknowledged. @default 'relaxed' in development, else 'strict' */
  readonly durability?: 'relaxed' | 'strict'
  /** A server's monitoring (`http://host:8222`), where it is seen whether its disk is synced. @default none: it is not checked */
  readonly monitor?: string
}

/** Servers whose addresses are known. */
export interface NatsCluster extends OnServers {
  readonly kind: 'nats'
  /** @default NATS_URL; in development also this machine's port 4222 */
  readonly servers?: string | readonly string[]
}

/** Servers behind a service of Kubernetes. */
export interface KubernetesCluster extends OnServers {
  readonly kind: 'kubernetes'
  /** @default 'nats' */
  readonly service?: string
  /** @default that of this pod */
  readonly namespace?: string
  /** Of the servers. @default that of the service called client, else 4222 */
  readonly port?: number
  /** The API server. @default that of this pod's cluster */
  readonly api?: string
  /** @default that of this pod's service account */
  readonly apiToken?: string
}

/** Servers that Consul knows to be healthy. */
export interface ConsulCluster extends OnServers {
  readonly kind: 'consul'
  /** @default 'nats' */
  readonly service?: string
  /** The agent. @default CONSUL_HTTP_ADDR, else this machine's port 8500 */
  readonly api?: string
  /** @default CONSUL_HTTP_TOKEN */
  readonly apiToken?: string
}

/** Servers that a name stands for. */
export interface DnsCluster extends OnServers {
  readonly kind: 'dns'
  /** Such as `nats.internal`, or `_nats._tcp.internal` for `srv`. */
  readonly name: string
  /** @default 'a' */
  readonly record?: 'srv' | 'a'
  /** Of the servers, for `a`. @default 4222 */
  readonly port?: number
}

/** Servers that are reachable from here; in development, where none is, the processes of this machine. */
export interface AutoCluster extends OnServers {
  readonly kind: 'auto'
}
