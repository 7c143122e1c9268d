/** The smallest node for a cluster: by what it meets the others is said by its environment, probes are answered at port 8080. */

import { serveHealth } from '@mabeam/foundation'
import { startNode } from 'mabeam'

await using node = await startNode()
await using _health = await serveHealth(await node.health(), { port: 8_080, host: '0.0.0.0' })
console.log(`${node.name} is up on engine ${node.engine.name}`)
// Until SIGTERM; then what it holds is handed over.
await node.serve()
