export { type NatsServers, type NatsServersOptions, natsServers } from './nats-servers.ts'
