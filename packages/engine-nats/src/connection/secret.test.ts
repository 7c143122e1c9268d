import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lateSecret, readSecret, secretPlace } from './secret.ts'

describe('secrets by reference', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mabeam-secret-'))
    process.env.MABEAM_TEST_SECRET = 'of the environment'
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
    delete process.env.MABEAM_TEST_SECRET
  })

  test('a secret is read from the environment, from a file without its last line end, or taken as it is', () => {
    writeFileSync(join(folder, 'token'), 'of a file\n')
    expect(readSecret('env:MABEAM_TEST_SECRET')).toBe('of the environment')
    expect(readSecret(`file:${join(folder, 'token')}`)).toBe('of a file')
    expect(readSecret('plain')).toBe('plain')
  })

  test('nothing is there when the variable is unset or empty, and when the file is missing or empty', () => {
    process.env.MABEAM_TEST_SECRET = ''
    writeFileSync(join(folder, 'empty'), '\n')
    for (const reference of [
      'env:MABEAM_TEST_SECRET',
      'env:MABEAM_TEST_UNSET',
      `file:${folder}/empty`,
      `file:${folder}/no`,
    ]) {
      expect(readSecret(reference), reference).toBeUndefined()
    }
  })

  test('a secret that was replaced counts the next time, and one that is away is as it was', () => {
    const path = join(folder, 'token')
    writeFileSync(path, 'first')
    const secret = lateSecret(`file:${path}`)
    expect(secret()).toBe('first')
    writeFileSync(path, 'second')
    expect(secret()).toBe('second')
    rmSync(path)
    expect(secret()).toBe('second')
  })

  test('where a secret is can be said of a reference, never what it is', () => {
    expect(secretPlace('env:TOKEN')).toBe('env:TOKEN')
    expect(secretPlace('s3cret')).not.toContain('s3cret')
  })
})
