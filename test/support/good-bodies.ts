/**
 * One good body, and query where it is needed, for each route of the contract that takes one, by the route's name: what
 * hostile input is made from. A route that is missing here fails test/lab/bad-input.test.ts.
 */
export const reason = 'test'
export const settings = {
  format: 'json',
  source: '{"a":1}',
  visibility: 'server',
  description: 'd',
  types: { '/a': 'integer' },
}
export const flag = {
  type: 'boolean',
  variants: { on: true, off: false },
  visibility: 'server',
  seed: 's',
  description: 'd',
  offVariant: 'off',
  defaultVariant: 'off',
  metadata: { team: 'a' },
}
export const flagEnvironment = {
  enabled: true,
  offVariant: 'off',
  targets: { on: ['ada'] },
  rules: [
    {
      id: 'r',
      when: { all: [{ attribute: 'plan', operator: 'in', value: ['pro'] }] },
      serve: { split: [{ variant: 'on', weight: 50_000 }] },
    },
  ],
}
export const segment = { visibility: 'server', ids: ['ada'], excludedIds: ['bob'] }

export const mirror = {
  from: 'settings',
  to: 'other',
  mode: 'heal',
  paths: [{ from: '/a', to: '/b' }],
  description: 'd',
}
export const schema = {
  version: '1.0.0',
  schema: { type: 'object', properties: { a: { type: 'integer', minimum: 0 } } },
  formats: 'annotation',
  invariants: [
    {
      name: 'i',
      when: { attribute: 'a', operator: 'exists' },
      require: { attribute: 'a', operator: 'gte', value: 0 },
      message: 'm',
    },
  ],
  migrations: [
    {
      from: '0.9.0',
      to: '1.0.0',
      up: [
        { op: 'rename', path: '/b', name: 'c' },
        { op: 'convert', path: '/c', type: 'list' },
        { op: 'patch', patch: [{ op: 'copy', from: '/c', path: '/d' }] },
      ],
      down: [{ op: 'move', from: '/c', path: '/b' }],
    },
  ],
}

/** A good body for each route that takes one. */
export const BODIES: Readonly<Record<string, Record<string, unknown>>> = {
  createProject: { name: 'other', environments: { production: { protected: false } }, reason },
  updateProject: {
    displayName: 'Shop',
    description: null,
    auditRetentionDays: 400,
    historyRetentionRevisions: 10,
    reason,
  },
  deleteProject: { reason },
  createEnvironment: {
    name: 'staging',
    parent: 'production',
    protected: false,
    description: 'd',
    reason,
  },
  updateEnvironment: {
    protected: true,
    requireSchema: false,
    checks: [{ config: 'settings', path: '/a', operator: 'exists', message: 'm' }],
    guard: true,
    description: null,
    deployment: { growth: 'LINEAR', factor: 50, minutes: 1, bake: 1 },
    gate: {
      failedPercent: 2,
      failedInstances: 5,
      metrics: [{ metric: 'errors', kind: 'rate', max: 5, relativeToStable: 1.5, minSamples: 20 }],
      action: 'pause',
    },
    freeze: [{ fromMs: 1, toMs: 2, reason: 'r' }],
    validate: [],
    reason,
  },
  deleteEnvironment: { reason },
  createDeployment: { environment: 'production', revision: 1, strategy: 'emergency', reason },
  pauseDeployment: { reason },
  resumeDeployment: { reason },
  promoteDeployment: { reason },
  abortDeployment: { reason },
  alarmDeployment: { reason },
  createKey: { name: 'k', environment: 'production', audience: 'server', reason },
  revokeKey: { reason },
  putConfig: { ...settings, reason },
  deleteConfig: { reason },
  patchConfig: { changes: [{ path: '/b', value: { c: [1] } }], reason },
  patchConfigOverride: { changes: [{ path: '/b', value: 'x' }], reason },
  putConfigOverride: { format: 'json', source: '{"a":2}', reason },
  deleteConfigOverride: { reason },
  putMirror: { ...mirror, reason },
  deleteMirror: { reason },
  putSchema: { ...schema, reason },
  deleteSchema: { reason },
  validateConfig: { environment: 'production', document: { a: 1 }, schema: schema.schema },
  putFlag: { ...flag, reason },
  patchFlag: { description: 'e', variants: { on: true }, reason },
  deleteFlag: { reason },
  putFlagEnvironment: { ...flagEnvironment, reason },
  patchFlagEnvironment: { enabled: false, rules: [], reason },
  deleteFlagEnvironment: { reason },
  evaluate: { flag: 'flag-1', context: { targetingKey: 'ada' }, revision: 1, atMs: 0 },
  putSegment: { ...segment, reason },
  deleteSegment: { reason },
  putSecret: {
    environment: 'production',
    type: 'password',
    description: 'd',
    owner: 'o',
    tags: ['t'],
    maxAgeMs: 1_000,
    value: 'v',
    expiresAtMs: 1,
    activate: true,
    graceMs: 1,
    reason,
  },
  shareSecret: {
    environment: 'production',
    to: { project: 'elsewhere', environment: 'production', name: 'shared' },
    reason,
  },
  endShare: { reason },
  rotateSecret: { environment: 'production', generate: { length: 32, alphabet: 'hex' }, reason },
  activateSecret: { environment: 'production', version: 1, graceMs: 0, reason },
  revokeSecret: { environment: 'production', version: 1, reason },
  deleteSecret: { reason },
  importSecrets: {
    environment: 'production',
    source: 'A=b',
    activate: false,
    type: 'token',
    graceMs: 1,
    reason,
  },
  rotateProjectKey: { reason },
  commitChanges: {
    reason,
    acknowledge: ['grows', 'shrinks', 'changes'],
    operations: [
      { op: 'putConfig', name: 'settings', ...settings },
      {
        op: 'putConfigOverride',
        name: 'settings',
        environment: 'production',
        format: 'json',
        source: '1',
      },
      { op: 'putFlag', key: 'flag-2', ...flag },
      { op: 'putFlagEnvironment', key: 'flag-2', environment: 'production', ...flagEnvironment },
      { op: 'patchFlag', key: 'flag-1', patch: { description: 'e' } },
      { op: 'putSegment', key: 'segment-1', ...segment },
      { op: 'createEnvironment', environment: 'staging', parent: 'production', protected: false },
      { op: 'putSchema', name: 'other', ...schema },
      { op: 'deleteFlag', key: 'flag-2' },
    ],
  },
  rollback: { to: 1, environment: 'production', item: { kind: 'config', key: 'settings' }, reason },
  promote: {
    from: 'staging',
    to: 'production',
    items: [{ kind: 'config', key: 'settings' }],
    acknowledge: ['changes'],
    reason,
  },
  importDocument: {
    flags: {
      imported: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
    },
  },
  createToken: { name: 't', role: 'viewer', project: 'shop', expiresAtMs: null, reason },
  rotateToken: { overlapSeconds: 60, expiresAtMs: null, reason },
  revokeToken: { reason },
  rotateSigningKey: { reason },
  revokeSigningKey: { reason },
}

export const QUERIES: Readonly<Record<string, string>> = {
  getFleet: 'environment=production',
  getResolvedConfig: 'environment=production',
  getEnvironmentDifference: 'from=production&to=staging&of=layers&config=settings',
  importDocument: 'from=flagd&environment=production',
  getSecret: 'environment=production',
  getSecretRecipients: 'environment=production',
  deleteSecret: 'environment=production',
  revealSecret: 'environment=production&reason=test',
}
