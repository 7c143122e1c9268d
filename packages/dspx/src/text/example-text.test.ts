import { expect, test } from 'vitest'
import { signature } from '../signatures/signature.ts'
import { exampleText } from './example-text.ts'

test('the text of an example holds no bytes of images, sounds and files', () => {
  const { inputs } = signature('text, tags: string[], photo: image, pages?: file[] -> b')
  const photo = { data: 'AQL/', mediaType: 'image/png' }
  const example = { id: '1', inputs: { text: 'a cat', tags: ['x'], photo, pages: [photo] }, outputs: {} }
  expect(exampleText(example, inputs)).toBe('a cat\n["x"]')
})
