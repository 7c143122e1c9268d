/** Run as a process of its own by the tests that kill it: appends 0, 1, 2 … and prints each number once acknowledged. */

import { fileCacheStore } from '../cache/stores/file.ts'
import { openJournal } from '../journal/journal.ts'

const [what, path = ''] = process.argv.slice(2)

if (what === 'journal') {
  const journal = await openJournal({ path, kind: 'test', version: 1 })
  console.log(journal.records.length)
  for (let i = journal.records.length; ; i++) {
    await journal.append(i)
    console.log(i)
  }
} else {
  const store = await fileCacheStore({ path, entriesMax: 20, fsync: 'never' })
  console.log(0)
  for (let i = 0; ; i++) {
    await store.set(String(i % 20), String(i))
    console.log(i)
  }
}
