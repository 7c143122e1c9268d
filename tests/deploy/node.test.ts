/** The program of `deploy/node` as a process: it answers the probes of the manifests and leaves when it is asked to. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { at, deployFolder, manifest } from './deploy-file.fixture.ts'

const node = at(manifest('kubernetes/node.yaml', 'Deployment', 'node'), 'spec.template.spec.containers.0')

test('the node answers the probes of its manifest, and ends when it is asked to', async () => {
  const file = path.join(deployFolder, 'node/main.ts')
  // Where the image has port 8080 alone, this machine may not.
  const program = readFileSync(file, 'utf8').replace('8_080', '0').replace('console.log(', 'console.log(_health.port, ')
  const args = ['--conditions=mabeam-source', '--input-type=module-typescript', '--eval', program]
  const env = { ...process.env, MABEAM_PROFILE: 'production', MABEAM_CLUSTER: 'none', NODE_NO_WARNINGS: '1' }
  const child = spawn(process.execPath, args, { env, cwd: path.dirname(file), stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const port = Number.parseInt(String(line), 10)
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      const answer = await fetch(`http://127.0.0.1:${port}${at(node, `${probe}.httpGet.path`)}`)
      expect(`${probe} ${answer.status}`).toBe(`${probe} 200`)
    }
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
    await exit
  }
})
