import { describe, expect, test } from 'vitest'
import { digestOf, parseRecord, printRecord } from './blob-record.ts'

describe('records of blobs', () => {
  const record = { upload: 'u1', chunks: 3, bytes: 700_000, digest: digestOf(new Uint8Array(3)) }

  test('are read as they were written', () => {
    expect(parseRecord(printRecord(record))).toMatchObject(record)
  })

  test('version 1 is read', () => {
    const kept = '{"version":1,"upload":"u1","chunks":0,"bytes":2,"digest":"abc="}'
    expect(parseRecord(kept)).toMatchObject({ upload: 'u1', chunks: 0, bytes: 2, digest: 'abc=' })
  })

  test('what this version did not write is none', () => {
    for (const none of ['', 'null', '7', '{', '{"version":2,"upload":"u","chunks":0,"bytes":0,"digest":""}']) {
      expect(parseRecord(none)).toBeUndefined()
    }
    expect(parseRecord(printRecord({ ...record, bytes: 1.5 }))).toBeUndefined()
  })
})
