import { describe, expect, test } from 'vitest'
import { detectEnvironment, type EnvironmentProbe } from './environment.ts'

const bare: EnvironmentProbe = {
  variables: {},
  textOf: () => undefined,
  hasFile: () => false,
  cores: 4,
  totalMemoryBytes: 8e9,
  constrainedMemoryBytes: 0,
  platform: 'linux',
  nodeVersion: '24.2.0',
  userId: 1000,
}

describe('detectEnvironment', () => {
  test('a plain machine is no container, no pod and no CI', () => {
    expect(detectEnvironment(bare)).toEqual({
      container: false,
      kubernetes: null,
      ci: false,
      cores: 4,
      memoryBytes: 8e9,
      platform: 'linux',
      nodeVersion: '24.2.0',
      userId: 1000,
    })
  })

  test.each<[string, Partial<EnvironmentProbe>]>([
    ['the file of Docker', { hasFile: (path) => path === '/.dockerenv' }],
    ['the file of Podman', { hasFile: (path) => path === '/run/.containerenv' }],
    ['the variable of systemd', { variables: { container: 'lxc' } }],
    ['the control group of its first process', { textOf: () => '0::/kubepods/burstable/pod1' }],
    ['the API server of Kubernetes', { variables: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }],
  ])('a container is known by %s', (_, probe) => {
    expect(detectEnvironment({ ...bare, ...probe }).container).toBe(true)
  })

  test('a pod is named by its variables, else by its mounted namespace and host name', () => {
    const textOf = (path: string) => (path.endsWith('/namespace') ? 'shop\n' : undefined)
    const variables = { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOSTNAME: 'api-0' }
    expect(detectEnvironment({ ...bare, textOf, variables }).kubernetes).toEqual({ namespace: 'shop', pod: 'api-0' })
    const named = { ...variables, POD_NAMESPACE: 'pay', POD_NAME: 'api-7' }
    expect(detectEnvironment({ ...bare, textOf, variables: named }).kubernetes).toEqual({
      namespace: 'pay',
      pod: 'api-7',
    })
    expect(detectEnvironment({ ...bare, variables: { KUBERNETES_SERVICE_HOST: 'h' } }).kubernetes).toEqual({})
  })

  test('CI is known by its variable, unless that says no', () => {
    const ci = (value: string) => detectEnvironment({ ...bare, variables: { CI: value } }).ci
    expect([ci('true'), ci('1'), ci('false'), ci('0'), ci('')]).toEqual([true, true, false, false, false])
  })

  test('memory is what the control group allows, where that is a limit at all', () => {
    const memory = (constrainedMemoryBytes: number) =>
      detectEnvironment({ ...bare, constrainedMemoryBytes }).memoryBytes
    expect([memory(2e9), memory(0), memory(2 ** 63)]).toEqual([2e9, 8e9, 8e9])
  })

  test('this machine has cores, memory and a version', () => {
    const { cores, memoryBytes, nodeVersion, platform } = detectEnvironment()
    expect(cores).toBeGreaterThanOrEqual(1)
    expect(memoryBytes).toBeGreaterThan(0)
    expect(nodeVersion).toBe(process.versions.node)
    expect(platform).toBe(process.platform)
  })
})
