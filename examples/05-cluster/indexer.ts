/**
 * A program to be run several times: `startNode()` finds the other processes of this project on this machine, and of all of them
 * one runs the indexer. Ctrl-C hands it over; kill -9 does not, and another process begins with what was handed over last.
 */

import { defineActor, startNode } from 'mabeam'

export const Indexer = defineActor(import.meta.url, {
  name: 'indexer',
  version: 1,
  init: () => ({ pages: [] as string[] }),
  calls: {
    add: {
      run: (s, page: string, { self, fence }) => {
        const pages = [...s.pages, page]
        return [{ pages }, { node: self.address.node, token: fence, pages }]
      },
    },
  },
  // What the next holder begins with when this one is handed over.
  save: (s) => s,
  load: (saved: { pages: string[] }) => saved,
})

// Where it is imported, only the definition is wanted.
if (import.meta.main) {
  await using node = await startNode()
  await node.place(Indexer, undefined, { name: 'indexer', strategy: 'singleton' })
  console.log(`${node.name} is up`)
  await node.serve()
}
