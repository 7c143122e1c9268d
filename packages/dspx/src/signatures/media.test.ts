import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { imageSchema, mediaBytesMax, mediaItemsMax } from './media.ts'
import { checkField } from './schema-field.ts'
import { signature } from './signature.ts'

const [photo, pages, call, none] = signature('photo: image, pages: file[], call: audio, none?: image -> b').inputs as [
  never,
  never,
  never,
  never,
]

describe('a media field', () => {
  test('keeps bytes as base64 and addresses as text, so that it is plain JSON', () => {
    const png = { mediaType: 'image/png' }
    expect(checkField(photo, { data: new Uint8Array([1, 2, 255]), ...png })).toEqual({
      value: { data: 'AQL/', ...png },
    })
    expect(checkField(photo, { data: 'AQL/', ...png, filename: 'x.png', other: 1 })).toEqual({
      value: { data: 'AQL/', ...png, filename: 'x.png' },
    })
    const address = new URL('https://example.org/a b.png')
    expect(checkField(photo, { data: address, ...png })).toEqual({ value: { data: address.href, ...png } })
    const inline = 'data:image/png;base64,AQL/'
    expect(checkField(photo, { data: inline, ...png })).toEqual({ value: { data: inline, ...png } })
  })

  test('a view of a larger buffer gives its own bytes only', () => {
    const view = new Uint8Array([9, 1, 2, 255, 9]).subarray(1, 4)
    expect(checkField(photo, { data: view, mediaType: 'image/png' })).toMatchObject({ value: { data: 'AQL/' } })
  })

  test('a list holds several, up to its limit', () => {
    const page = { data: 'AQL/', mediaType: 'application/pdf' }
    expect(checkField(pages, [page, page])).toEqual({ value: [page, page] })
    expect(checkField(pages, Array(mediaItemsMax).fill(page)).issues).toBeUndefined()
    expect(checkField(pages, Array(mediaItemsMax + 1).fill(page)).issues?.[0]?.message).toContain('at most 64')
    expect(checkField(pages, [page, { ...page, data: '' }]).issues).toEqual([
      { message: 'expected data that is not empty', path: [1] },
    ])
  })

  test('one that may be left out may be left out', () => {
    expect(checkField(none, undefined)).toEqual({ value: undefined })
  })

  test('takes as many bytes as the limit says and not one more', () => {
    const of = (bytes: number) => ({ data: new Uint8Array(bytes), mediaType: 'image/png' })
    expect(checkField(photo, of(mediaBytesMax)).issues).toBeUndefined()
    expect(checkField(photo, of(mediaBytesMax + 1)).issues?.[0]?.message).toBe(
      `expected at most ${mediaBytesMax} bytes`,
    )
    expect(checkField(photo, of(mediaBytesMax * 2)).issues?.[0]?.message).toBe(
      `expected at most ${mediaBytesMax} bytes`,
    )
  })

  test.each([
    [undefined, 'an object with data'],
    ['AQL/', 'an object with data'],
    [{ data: 'AQL/' }, 'image/png as mediaType'],
    [{ data: 'AQL/', mediaType: 'audio/mpeg' }, 'image/png as mediaType'],
    [{ data: 'AQL/', mediaType: 'image/png; x="\n"' }, 'image/png as mediaType'],
    [{ data: 'not base64!', mediaType: 'image/png' }, 'base64, bytes or a URL'],
    [{ data: 'AQL', mediaType: 'image/png' }, 'base64, bytes or a URL'],
    [{ data: '', mediaType: 'image/png' }, 'not empty'],
    [{ data: new Uint8Array(), mediaType: 'image/png' }, 'not empty'],
    [{ data: 'https://', mediaType: 'image/png' }, 'an address'],
    [{ data: `https://x/${'y'.repeat(9_000)}`, mediaType: 'image/png' }, 'an address of at most'],
    [{ data: 'data:nothing', mediaType: 'image/png' }, 'a data: address'],
    [{ data: 5, mediaType: 'image/png' }, 'bytes, base64 or a URL'],
    [{ data: 'AQL/', mediaType: 'image/png', filename: 5 }, 'a filename'],
  ])('%j is refused', (value, expected) => {
    expect(checkField(photo, value).issues?.[0]?.message).toContain(expected)
  })

  test('a sound takes audio types, a file any', () => {
    expect(checkField(call, { data: 'AQL/', mediaType: 'audio/wav' }).issues).toBeUndefined()
    expect(checkField(call, { data: 'AQL/', mediaType: 'image/png' }).issues?.[0]?.message).toContain('audio/mpeg')
    expect(checkField(pages, [{ data: 'AQL/', mediaType: 'image/png' }]).issues).toBeUndefined()
  })

  test('stands in a signature of schemas', () => {
    const made = signature({ inputs: { photo: imageSchema }, outputs: { caption: z.string() } })
    expect(made.inputs[0]).toMatchObject({ kind: 'image', typeText: 'image' })
    expect(() => signature({ inputs: { a: z.string() }, outputs: { photo: imageSchema } })).toThrow('among the inputs')
  })
})
