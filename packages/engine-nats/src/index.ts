/** The engine for more than one machine. */

export type { NatsCredentials } from './connection/credentials.ts'
export { type Advertisement, type AdvertiseOptions, advertise } from './discovery/advertisement.ts'
export {
  type DiscoveredServers,
  discoveredServers,
  type FirstServersOptions,
  firstServers,
} from './discovery/discovered-servers.ts'
export type { DiscoveryOptions } from './discovery/discovery-options.ts'
export type { KubernetesOptions } from './discovery/kubernetes-access.ts'
export type { ServerSource, SourcePort, WatchOptions } from './discovery/server-source.ts'
export { type AutoOptions, auto } from './discovery/sources/auto.ts'
export { type ConsulOptions, consul } from './discovery/sources/consul.ts'
export { type DnsOptions, dns } from './discovery/sources/dns.ts'
export { kubernetes } from './discovery/sources/kubernetes.ts'
export { type MdnsOptions, mdns } from './discovery/sources/mdns.ts'
export { staticServers } from './discovery/sources/static.ts'
export { nats, natsReadiness } from './nats.ts'
export type { NatsOptions, NatsTls } from './nats-options.ts'
export type { NatsLimits } from './nats-port.ts'
