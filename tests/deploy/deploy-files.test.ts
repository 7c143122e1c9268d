/** The files of `deploy/` say what the design asks for, alike in all three ways to run it. */

import { expect, test } from 'vitest'
import { at, deployText, deployYaml, manifest } from './deploy-file.fixture.ts'

const statefulSet = manifest('kubernetes/nats.yaml', 'StatefulSet', 'nats')
const pod = at(statefulSet, 'spec.template.spec')
const server = at(pod, 'containers.0')
const nodePod = at(manifest('kubernetes/node.yaml', 'Deployment', 'node'), 'spec.template.spec')
const node = at(nodePod, 'containers.0')
const compose = deployYaml('compose.yaml')
const values = deployYaml('helm/values.yaml')

/** The value of a variable of a container. */
function variable(container: unknown, name: string): unknown {
  return (at(container, 'env') as { name: string; value?: string }[]).find((one) => one.name === name)?.value
}

/** A setting of nats.conf, without quotes. */
function setting(name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*:\\s*"?([^"\\n]+?)"?$`, 'm').exec(deployText('nats/nats.conf'))?.[1]
}

function seconds(text: unknown): number {
  return Number(/^(\d+)s?$/.exec(String(text))?.[1])
}

function isNewEnough(image: string): boolean {
  const [, major, minor] = /:(\d+)\.(\d+)\.\d+(-[a-z]+)?$/.exec(image) ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 15)
}

test('the servers are of 2.15 or newer everywhere', () => {
  const images = [
    at(server, 'image'),
    at(compose, 'services.nats-1.image'),
    `${at(values, 'container.image.repository')}:${at(values, 'container.image.tag')}`,
  ].map(String)
  expect(new Set(images).size).toBe(1)
  expect(images.filter((image) => !isNewEnough(image))).toEqual([])
})

test.each(['compose.yaml', 'kubernetes/nats.yaml', 'kubernetes/node.yaml', 'helm/values.yaml', 'node/Dockerfile'])(
  '%s names no image without a version',
  (file) => {
    const images = [...deployText(file).matchAll(/^\s*(?:-\s*)?(?:image:|FROM) *(\S+)?$/gm)].flatMap(
      ([, image]) => image ?? [],
    )
    for (const image of images) expect(image).toMatch(/:\d+\.\d+\.\d+(-[a-z-]+)?$/)
    expect(deployText(file)).not.toMatch(/:latest\b/)
  },
)

test('a message is on the disk before it is acknowledged, in a folder that is a volume', () => {
  expect(setting('sync_interval')).toBe('always')
  expect(setting('store_dir')).toBe('/data')
  const configuration = manifest('kubernetes/nats.yaml', 'ConfigMap', 'nats') as { data: { 'nats.conf': string } }
  expect(configuration.data['nats.conf'].trim()).toBe(deployText('nats/nats.conf').trim())
  expect(at(server, 'volumeMounts')).toContainEqual({ name: 'data', mountPath: '/data' })
  expect(at(statefulSet, 'spec.volumeClaimTemplates.0.metadata.name')).toBe('data')
  for (const name of ['nats-1', 'nats-2', 'nats-3']) {
    const service = at(compose, `services.${name}`)
    expect(at(service, 'volumes')).toEqual(['./nats/nats.conf:/etc/nats/nats.conf:ro', `${name}:/data`])
    expect(at(service, 'environment.SERVER_NAME')).toBe(name)
  }
  expect(at(values, 'config.jetstream.merge.sync_interval')).toBe('always')
  expect(at(values, 'config.jetstream.fileStore')).toMatchObject({
    enabled: true,
    dir: '/data',
    pvc: { enabled: true },
  })
})

test('there are three servers, and the nodes ask for three copies and whether the disks are synced', () => {
  expect(at(statefulSet, 'spec.replicas')).toBe(3)
  expect(at(values, 'config.cluster')).toMatchObject({ enabled: true, replicas: 3 })
  expect(Object.keys(at(compose, 'services') as object)).toEqual(['nats-1', 'nats-2', 'nats-3', 'node'])
  expect(variable(node, 'MABEAM_CLUSTER__REPLICAS')).toBe('3')
  expect(variable(node, 'MABEAM_CLUSTER__MONITOR')).toBe('http://nats:8222')
  const environment = at(compose, 'services.node.environment')
  expect(environment).toMatchObject({ MABEAM_PROFILE: 'production', MABEAM_CLUSTER__REPLICAS: '3' })
  expect(at(environment, 'MABEAM_CLUSTER__MONITOR')).toBe('http://nats-1:8222')
})

test('no two servers are on one machine, and no more than one is taken away at a time', () => {
  const rule = (where: unknown) =>
    at(where, 'affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution.0')
  for (const where of [pod, at(values, 'podTemplate.merge.spec')]) {
    expect(at(rule(where), 'topologyKey')).toBe('kubernetes.io/hostname')
  }
  expect(at(rule(pod), 'labelSelector.matchLabels')).toEqual(at(statefulSet, 'spec.template.metadata.labels'))
  for (const [file, name] of [
    ['kubernetes/nats.yaml', 'nats'],
    ['kubernetes/node.yaml', 'node'],
  ] as const) {
    const budget = manifest(file, 'PodDisruptionBudget', name)
    expect(at(budget, 'spec')).toEqual({ maxUnavailable: 1, selector: { matchLabels: { app: name } } })
  }
  expect(at(values, 'podDisruptionBudget')).toMatchObject({ enabled: true, merge: { spec: { maxUnavailable: 1 } } })
})

test('memory is requested and limited everywhere, and the garbage collector of a server knows of it', () => {
  for (const resources of [at(server, 'resources'), at(node, 'resources'), at(values, 'container.merge.resources')]) {
    expect(at(resources, 'limits.memory')).toBe(at(resources, 'requests.memory'))
    expect(at(resources, 'requests.cpu')).toBeDefined()
  }
  expect(variable(server, 'GOMEMLIMIT')).toBe('1843MiB')
  expect(at(values, 'container.env.GOMEMLIMIT')).toBe('1843MiB')
  expect(at(compose, 'services.nats-1.environment.GOMEMLIMIT')).toBe('1843MiB')
  for (const name of ['nats-1', 'nats-2', 'nats-3', 'node']) {
    expect(at(compose, `services.${name}.deploy.resources.limits.memory`)).toBeDefined()
  }
})

test('a server that is stopped has the time to send its clients away', () => {
  const leavesMs = seconds(setting('lame_duck_duration')) + seconds(setting('lame_duck_grace_period'))
  expect(leavesMs).toBe(35)
  expect(at(pod, 'terminationGracePeriodSeconds')).toBeGreaterThan(leavesMs)
  expect(at(values, 'podTemplate.merge.spec.terminationGracePeriodSeconds')).toBeGreaterThan(leavesMs)
  expect(seconds(at(compose, 'services.nats-1.stop_grace_period'))).toBeGreaterThan(leavesMs)
  expect(at(server, 'lifecycle.preStop.exec.command')).toContain(`ldm=${setting('pid_file')}`)
})

test('a node is probed where it answers, runs as nobody special and writes nowhere', () => {
  expect(at(node, 'readinessProbe.httpGet')).toEqual({ path: '/ready', port: 'health' })
  expect(at(node, 'livenessProbe.httpGet')).toEqual({ path: '/live', port: 'health' })
  expect(at(node, 'ports.0')).toEqual({ name: 'health', containerPort: 8080 })
  expect(deployText('node/main.ts')).toContain("port: 8_080, host: '0.0.0.0'")
  for (const one of [nodePod, pod]) expect(at(one, 'securityContext.runAsNonRoot')).toBe(true)
  for (const one of [node, server]) {
    expect(at(one, 'securityContext')).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true })
  }
})

test('a node may read where the servers are, by the names discovery uses, and nothing else', () => {
  const role = manifest('kubernetes/rbac.yaml', 'Role', 'mabeam-discovery')
  expect(at(role, 'rules')).toEqual([
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
  ])
  const binding = manifest('kubernetes/rbac.yaml', 'RoleBinding', 'mabeam-discovery')
  expect(at(binding, 'subjects.0')).toEqual({ kind: 'ServiceAccount', name: 'mabeam' })
  expect(at(binding, 'roleRef.name')).toBe(at(role, 'metadata.name'))
  expect(at(nodePod, 'serviceAccountName')).toBe('mabeam')
  const service = manifest('kubernetes/nats.yaml', 'Service', 'nats')
  expect(at(service, 'metadata.name')).toBe(variable(node, 'MABEAM_CLUSTER__SERVICE'))
  expect(at(service, 'spec.ports.0')).toEqual({ name: 'client', port: 4222, targetPort: 'client' })
  expect(at(values, 'fullnameOverride')).toBe('nats')
})

test('only clients reach the servers, and only servers reach their routes', () => {
  const policy = manifest('kubernetes/nats.yaml', 'NetworkPolicy', 'nats')
  expect(at(policy, 'spec.policyTypes')).toEqual(['Ingress', 'Egress'])
  expect(at(policy, 'spec.ingress.0.ports')).toEqual([{ port: 'client' }, { port: 'monitor' }])
  expect(at(policy, 'spec.ingress.1.from.0.podSelector.matchLabels')).toEqual({ app: 'nats' })
  const labels = at(manifest('kubernetes/node.yaml', 'Deployment', 'node'), 'spec.template.metadata.labels')
  expect(labels).toMatchObject(at(policy, 'spec.ingress.0.from.0.podSelector.matchLabels') as object)
})

/** Lines that give a password as it is rather than where it stands. */
function writtenPasswords(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^[^#]*password['"]?\s*[:=](?!\?)\s*(?![\s$<{]|$|key\b|env:)/i.test(line))
}

test('no password is written down', () => {
  for (const file of [
    'compose.yaml',
    'kubernetes/nats.yaml',
    'kubernetes/node.yaml',
    'helm/values.yaml',
    'nats/nats.conf',
  ]) {
    expect(writtenPasswords(deployText(file))).toEqual([])
  }
  expect(writtenPasswords('NATS_PASSWORD: hunter2\n  "password": "x"\npassword: $P\n# password: x')).toHaveLength(2)
})

test('all that the kustomization names is there', () => {
  for (const file of at(deployYaml('kubernetes/kustomization.yaml'), 'resources') as string[]) {
    expect(deployText(`kubernetes/${file}`)).not.toBe('')
  }
})
