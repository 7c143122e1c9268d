/** A process that writes a long value, so that it can be killed in the middle. */

import { testedProcess } from '@mabeam/foundation/testing'
import { openedEngine } from './opened-engine.ts'

export const answers = {
  put: async ({ url, bytes }: { readonly url: string; readonly bytes: number }) => {
    await using opened = await openedEngine([url])
    const blobs = await opened.engine.blobs('b')
    await blobs.put('a', new Uint8Array(bytes).fill(2))
  },
} as const

testedProcess(answers)
