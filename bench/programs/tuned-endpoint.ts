/**
 * The embedded model behind an OpenAI-compatible endpoint, in a process of its own until its standard input ends. Prints its base URL as a line of
 * JSON; `GET /health` of it says how many requests there were.
 */

import { serveLocal } from '@mabeam/dspx'

await using server = await serveLocal()
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
process.stdin.resume()
await new Promise((resolve) => process.stdin.once('end', resolve))
