/** Errors of servers that we start: one factory a code, each with what mends it. */

import { MabeamError } from '@mabeam/foundation'

const howToGetIt =
  'install nats-server (brew install nats-server, go install github.com/nats-io/nats-server/v2@latest), ' +
  'and put it on the path or its file into MABEAM_NATS_SERVER'

/** No program was found. */
export function serverMissing(looked: readonly string[]): MabeamError {
  const sentence = `there is no nats-server in ${looked.join(', ')}; ${howToGetIt}`
  return new MabeamError('engine-nats/server-missing', sentence, { data: { looked } })
}

/** Those that were found are too old: without expiry of single keys a lease never ends. */
export function serverTooOld(found: string, versionMin: string): MabeamError {
  const sentence = `expected nats-server ${versionMin} or newer, got ${found}; ${howToGetIt}`
  return new MabeamError('engine-nats/server-too-old', sentence, { data: { found, versionMin } })
}

export function portTaken(address: string): MabeamError {
  const sentence = `nats-server: the address ${address} is taken; end what listens there, or choose another port (0 takes a free one)`
  return new MabeamError('engine-nats/port-taken', sentence, { retryable: true, data: { address } })
}

/** The address is none of this machine. */
export function addressNotHere(address: string): MabeamError {
  const sentence = `nats-server: can't listen on ${address}; choose an address of this machine`
  return new MabeamError('engine-nats/address-not-here', sentence, { data: { address } })
}

/** What the server said of the configuration that was made for it. */
export function invalidServerConfig(said: string): MabeamError {
  const sentence = `nats-server does not take its configuration: ${said}; look at config, auth, tls and cluster`
  return new MabeamError('engine-nats/invalid-server-config', sentence, { data: { said } })
}

export function storeNotWritable(storeDir: string, said: string): MabeamError {
  const sentence = `nats-server can't write to its store ${storeDir}: ${said}; give it a folder that this user may write to`
  return new MabeamError('engine-nats/store-not-writable', sentence, { data: { storeDir, said } })
}

/** JetStream has stopped, and stays so until there is room and the server is started again. */
export function serverDiskFull(storeDir: string, said: string): MabeamError {
  const sentence = `nats-server has no room in its store ${storeDir}: ${said}; free some space and restart it`
  return new MabeamError('engine-nats/server-disk-full', sentence, { data: { storeDir, said } })
}

/** It ended for a reason that has no error of its own. */
export function serverEnded(how: string, said: string): MabeamError {
  const sentence = `nats-server ended with ${how}; it printed last: ${said}`
  return new MabeamError('engine-nats/server-ended', sentence, { data: { how, said } })
}

export function serverNotReady(timeoutMs: number, said: string): MabeamError {
  const sentence = `nats-server was not ready within ${timeoutMs} ms; it printed last: ${said}`
  return new MabeamError('engine-nats/server-not-ready', sentence, { retryable: true, data: { timeoutMs, said } })
}

/** It answers, and says that it is not well. */
export function serverUnhealthy(name: string, said: string): MabeamError {
  const sentence = `nats-server ${name} is not well: ${said}`
  return new MabeamError('engine-nats/server-unhealthy', sentence, { retryable: true, data: { name, said } })
}

/** It is not running, or does not answer. */
export function serverSilent(name: string, cause?: unknown): MabeamError {
  const sentence = `nats-server ${name} does not answer; it is not running, paused, or cut off`
  return new MabeamError('engine-nats/server-silent', sentence, {
    retryable: true,
    data: { name },
    ...(cause !== undefined && { cause }),
  })
}

export function serverClosed(name: string): MabeamError {
  return new MabeamError('engine-nats/server-closed', `nats-server ${name} was closed`, { data: { name } })
}
