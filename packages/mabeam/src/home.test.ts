import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { artefactPath, checkStudyId, homeFolder, newStudyId, studyFolder } from './home.ts'

let place: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'mabeam-home-'))
})
afterEach(() => rm(place, { recursive: true, force: true }))

describe('homeFolder', () => {
  test('is .mabeam in the working folder, also when MABEAM_HOME is set to nothing', () => {
    expect(homeFolder({}, '/place')).toBe('/place/.mabeam')
    expect(homeFolder({ MABEAM_HOME: '' }, '/place')).toBe('/place/.mabeam')
  })

  test('is MABEAM_HOME, taken from the working folder when it is relative', () => {
    expect(homeFolder({ MABEAM_HOME: 'state' }, '/place')).toBe('/place/state')
    expect(homeFolder({ MABEAM_HOME: '/state' }, '/place')).toBe('/state')
  })
})

describe('studyFolder', () => {
  test('makes the folder of a study and names its files', () => {
    const folder = studyFolder(place, 'first.study_1')
    expect(existsSync(folder.path)).toBe(true)
    for (const file of [folder.request, folder.journal, folder.answers, folder.result, folder.predictions]) {
      expect(file.startsWith(join(place, 'studies', 'first.study_1'))).toBe(true)
      expect(existsSync(file)).toBe(false)
    }
  })

  test('refuses an id that could leave the folder or is no name', () => {
    for (const id of ['../up', 'a/b', 'a\\b', '..', '.hidden', '', 'a b', 'x'.repeat(81)]) {
      expect(() => studyFolder(place, id)).toThrow('study: expected letters, digits, ".", "_" or "-", at most 80')
    }
    expect(() => checkStudyId('x'.repeat(80))).not.toThrow()
  })

  test('says which folder it could not make, and why', async () => {
    await writeFile(join(place, 'studies'), 'a file in the way')
    expect(() => studyFolder(place, 'one')).toThrow(
      expect.objectContaining({
        code: 'foundation/file-failed',
        message: expect.stringContaining(`${place}/studies/one`),
      }),
    )
  })
})

describe('newStudyId', () => {
  const atMs = Date.UTC(2026, 0, 2, 3, 4, 5)

  test('is the name of the program and the second it began', () => {
    expect(newStudyId('Triage 2', atMs)).toBe('triage-2-20260102-030405')
  })

  test('can always be the name of a folder', () => {
    for (const name of ['Über uns', '-', '', '…', 'x'.repeat(500), `${'y'.repeat(59)}!!`]) {
      expect(() => checkStudyId(newStudyId(name, atMs))).not.toThrow()
    }
    expect(newStudyId('…', atMs)).toBe('study-20260102-030405')
  })
})

test('the artefact of a study is named by its id', () => {
  expect(artefactPath('/place/.mabeam', 'one')).toBe('/place/.mabeam/artefacts/one.json')
})
