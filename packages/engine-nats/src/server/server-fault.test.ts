import { describe, expect, test } from 'vitest'
import { diskFault, lastWords, serverFault } from './server-fault.ts'

const at = '[17] 2026/11/25 20:45:24.668733'

function fault(...lines: readonly string[]) {
  return serverFault({ how: 'status 1', lines, storeDir: '/store' })
}

describe('serverFault', () => {
  test.each([
    [
      'port-taken',
      'FTL',
      'Error listening on port: 127.0.0.1:41, "listen tcp 127.0.0.1:41: bind: address already in use"',
    ],
    [
      'port-taken',
      'FTL',
      "Can't start monitoring: can't listen to the monitor port: listen tcp 127.0.0.1:41: bind: address already in use",
    ],
    ['port-taken', 'FTL', 'Error listening on router port: 41 - listen tcp 127.0.0.1:41: bind: address already in use'],
    [
      'address-not-here',
      'FTL',
      'Error listening on port: 10.9.9.9:0, "listen tcp 10.9.9.9:0: bind: cannot assign requested address"',
    ],
    [
      'store-not-writable',
      'FTL',
      "Can't start JetStream: could not create storage directory - mkdir /proc/x: no such file or directory",
    ],
    ['store-not-writable', 'FTL', "Can't start JetStream: storage directory is not writable"],
    ['server-disk-full', 'FTL', "Can't start JetStream: write /store/x: no space left on device"],
    ['server-ended', 'FTL', "Can't start JetStream: something else"],
  ])('%s', (code, level, text) => {
    const told = fault(`${at} [INF] Starting nats-server`, `${at} [${level}] ${text}`)
    expect(told.code).toBe(`engine-nats/${code}`)
    expect(told.message).not.toContain(at)
  })

  test('a configuration that is not taken is shown without the path of a file that nobody wrote', () => {
    const told = fault('nats-server: /tmp/x/server.conf:1:0: unknown field "listn"', '')
    expect(told).toMatchObject({ code: 'engine-nats/invalid-server-config', data: { said: 'unknown field "listn"' } })
  })

  test('one that says nothing has ended all the same', () => {
    expect(fault().message).toBe('nats-server ended with status 1; it printed last: nothing')
  })
})

test('diskFault hears that JetStream has given up, and nothing else', () => {
  const given = `${at} [ERR] JetStream out of File resources, will be DISABLED`
  expect(diskFault([given, `${at} [INF] Server is ready`], '/store')).toMatchObject({
    code: 'engine-nats/server-disk-full',
    data: { storeDir: '/store', said: 'JetStream out of File resources, will be DISABLED' },
  })
  expect(diskFault([`${at} [INF] Server is ready`], '/store')).toBeUndefined()
})

test('lastWords takes the last fault, else the last line', () => {
  expect(lastWords([`${at} [ERR] one`, `${at} [INF] two`])).toBe('one')
  expect(lastWords([`${at} [INF] two`, ''])).toBe('two')
})
