/** The file in which a nats-server writes down where it listens, once it does: how we know that it is ready. */

import { watch } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CancelTimer, Clock } from '@mabeam/foundation'

/** Addresses, `host:port` each. */
export interface ServerPorts {
  readonly client: string
  readonly monitor: string
  readonly cluster: string | undefined
}

/** Of an earlier life. */
export async function forgetPorts(folder: string): Promise<void> {
  for (const name of await portsFiles(folder)) await rm(join(folder, name), { force: true })
}

/** Between two looks where news of the folder get lost, as on some file systems. */
const lookMs = 200

/** Resolves as soon as the file is there and whole. Rejects with the signal's reason when it aborts. */
export async function portsWhenReady(folder: string, clock: Clock, signal: AbortSignal): Promise<ServerPorts> {
  signal.throwIfAborted()
  let onNews = () => {}
  const tell = () => onNews()
  const watcher = watch(folder, tell)
  watcher.on('error', () => {})
  signal.addEventListener('abort', tell)
  try {
    for (;;) {
      let cancel: CancelTimer = () => {}
      // Before the look, so that no news falls between.
      const news = new Promise<void>((resolve) => {
        onNews = resolve
        cancel = clock.setTimer(lookMs, resolve)
      })
      try {
        const ports = await readPorts(folder)
        if (ports !== undefined) return ports
        await news
        signal.throwIfAborted()
      } finally {
        cancel()
      }
    }
  } finally {
    signal.removeEventListener('abort', tell)
    watcher.close()
  }
}

async function readPorts(folder: string): Promise<ServerPorts | undefined> {
  const [name] = await portsFiles(folder)
  if (name === undefined) return undefined
  try {
    const told = JSON.parse(await readFile(join(folder, name), 'utf8'))
    const [client, monitor] = [firstAddress(told.nats), firstAddress(told.monitoring)]
    return client === undefined || monitor === undefined
      ? undefined
      : { client, monitor, cluster: firstAddress(told.cluster) }
  } catch {
    // It is being written.
    return undefined
  }
}

async function portsFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.ports'))
}

function firstAddress(urls: readonly string[] | undefined): string | undefined {
  return urls?.[0]?.replace(/^\w+:\/\//, '')
}
