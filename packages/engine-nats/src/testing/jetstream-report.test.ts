import { describe, expect, test } from 'vitest'
import { jetstreamReport, leaderOf, missingFor } from './jetstream-report.ts'

const streams = (leader: string) => [{ stream_detail: [{ name: 'orders', cluster: { leader } }] }]

function of(server: string, leader: string, current: readonly string[] = [], streamLeader = leader) {
  const replicas = ['s1', 's2', 's3'].flatMap((name) =>
    name === server ? [] : [{ name, current: current.includes(name), offline: false }],
  )
  const meta = { leader, cluster_size: 3, ...(server === leader && { replicas }) }
  return jetstreamReport(server, { meta_cluster: meta, account_details: streams(streamLeader) })
}

const all = ['s1', 's2', 's3']

describe('missingFor', () => {
  test('nothing is missing when all that run have one leader and are up to date', () => {
    const reports = [of('s1', 's2'), of('s2', 's2', ['s1', 's3']), of('s3', 's2')]
    expect(missingFor(reports, all)).toBeUndefined()
    expect(missingFor(reports.slice(0, 2), ['s1', 's2'])).toBeUndefined()
    expect(missingFor([jetstreamReport('s1', {})], ['s1'])).toBeUndefined()
  })

  test.each([
    ['s3 does not answer', [of('s1', 's2'), of('s2', 's2', ['s1', 's3'])]],
    ['s1 knows no leader', [of('s1', ''), of('s2', 's2', all), of('s3', 's2')]],
    ['s2 knows no leader, or another', [of('s1', 's1', all), of('s2', 's2', all), of('s3', 's1')]],
    ['s3 is not up to date', [of('s1', 's2'), of('s2', 's2', ['s1']), of('s3', 's2')]],
  ])('says that %s', (sentence, reports) => {
    expect(missingFor(reports, all)).toContain(sentence)
  })

  test('says that the leader does not answer', () => {
    expect(missingFor([of('s1', 's2'), of('s3', 's2')], ['s1', 's3'])).toBe('the leader s2 does not answer')
  })
})

describe('leaderOf', () => {
  test('believes who says so of itself before whom the others name', () => {
    expect(leaderOf([of('s1', 's1', [], 's2'), of('s2', 's1', [], 's2')], 'orders')).toBe('s2')
    expect(leaderOf([of('s1', 's1', [], 's3'), of('s2', 's1', [], 's2')], 'orders')).toBe('s2')
    expect(leaderOf([of('s1', 's1', [], 's3')], 'orders')).toBe('s3')
    expect(leaderOf([of('s1', 's1', [], '')], 'orders')).toBeUndefined()
    expect(leaderOf([jetstreamReport('s1', { account_details: streams('') })], 'orders')).toBe('s1')
  })
})
