export { type CloseNatsServerOptions, type NatsServer, startNatsServer } from './nats-server.ts'
export { findNatsServer, type NatsServerProgram } from './server-binary.ts'
export type {
  NatsServerAuth,
  NatsServerCluster,
  NatsServerOptions,
  NatsServerTls,
} from './server-options.ts'
