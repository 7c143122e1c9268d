import { isMabeamError } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { hostAndPort, serverAddress, usableAddresses } from './server-address.ts'

test.each([
  ['host', 'host:4222'],
  ['host:5222', 'host:5222'],
  ['nats://host', 'host:4222'],
  ['nats://host:5222/', 'host:5222'],
  ['NATS-1.example.com.', 'NATS-1.example.com:4222'],
  ['10.0.0.1', '10.0.0.1:4222'],
  ['fd00::2', '[fd00::2]:4222'],
  ['[fd00::2]', '[fd00::2]:4222'],
  ['nats://[fd00::2]:65535', '[fd00::2]:65535'],
  [' host ', 'host:4222'],
])('%j is the address %s', (text, address) => {
  expect(serverAddress('nats', text)).toBe(address)
})

test.each([
  ['', 'expected host:port'],
  ['host:0', 'expected a port from 1 to 65535'],
  ['host:65536', 'expected a port from 1 to 65535'],
  ['host:port', 'expected host:port, IPv6 in brackets'],
  ['[10.0.0.1]:4222', 'expected host:port, IPv6 in brackets'],
  ['fd00::2:99999:1', 'expected host:port, IPv6 in brackets'],
  ['a b', 'expected host:port, IPv6 in brackets'],
  ['tls://host:4222', 'ask for TLS with the option tls'],
  ['http://host:4222', 'expected host:port or nats://host:port'],
  ['x'.repeat(301), 'expected host:port'],
])('%j is refused with what was expected', (text, sentence) => {
  expect(() => serverAddress('nats', text)).toThrow(sentence)
})

test('a password in an address is refused and not repeated', () => {
  const refused = () => serverAddress('nats', 'nats://ann:hunter2@host:4222')
  expect(refused).toThrow('give them as credentials')
  try {
    refused()
  } catch (thrown) {
    expect(isMabeamError(thrown) && JSON.stringify(thrown)).not.toContain('hunter2')
  }
})

test('an IPv6 address is put in brackets and a trailing dot is taken off', () => {
  expect(hostAndPort('::1', 4222)).toBe('[::1]:4222')
  expect(hostAndPort('nats.example.com.', 4222)).toBe('nats.example.com:4222')
})

test('what is no address in an answer is left out, and what comes twice is there once', () => {
  const pairs = [
    ['a', 1],
    ['a', 1],
    ['', 1],
    ['a b', 1],
    ['b', 0],
    ['b', 65_536],
    ['b', 1.5],
    ['b', 65_535],
    ['::1', 2],
  ] as const
  expect(usableAddresses(pairs)).toEqual(['a:1', 'b:65535', '[::1]:2'])
})
