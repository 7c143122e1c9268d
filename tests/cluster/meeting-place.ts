/** Where the nodes of one test meet. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { natsServers } from '@mabeam/engine-nats/testing'

/** Addresses of a server that was started for it, or the folder of the hub; both go with what owns them. */
export async function meetingPlace(engine: 'nats' | 'local', owned: AsyncDisposableStack): Promise<readonly string[]> {
  if (engine === 'nats') return owned.use(await natsServers()).urls
  const folder = await mkdtemp(join(tmpdir(), 'mabeam-meeting-'))
  owned.defer(() => rm(folder, { recursive: true, force: true }))
  return [folder]
}
