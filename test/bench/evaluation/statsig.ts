import statsig from 'statsig-node'
import { at, COUNTRIES, RULES, SEED, subjects, type Peer } from './cases.ts'

const condition = (field: string, operator: string, targetValue: unknown): object => ({
  type: 'user_field',
  field,
  operator,
  targetValue,
  additionalValues: {},
  isDeviceBased: false,
  idType: 'userID',
})

const rule = (name: string, passPercentage: number, conditions: readonly object[]): object => ({
  name,
  id: name,
  salt: SEED,
  passPercentage,
  conditions,
  returnValue: true,
  groupName: name,
  idType: 'userID',
})

const gate = (name: string, enabled: boolean, rules: readonly object[]): object => ({
  name,
  type: 'feature_gate',
  entity: 'feature_gate',
  salt: SEED,
  enabled,
  defaultValue: false,
  rules,
  idType: 'userID',
  isDeviceBased: false,
})

const everyone = { ...condition('', '', null), type: 'public', field: null, operator: null }

const GATES = [
  gate('off', false, []),
  gate('rollout', true, [rule('r', 25, [everyone])]),
  gate('targeted', true, [
    rule('r', 50, [
      condition('country', 'any_case_sensitive', COUNTRIES),
      condition('plan', 'any_case_sensitive', ['pro']),
    ]),
  ]),
  gate(
    'rules',
    true,
    RULES.map(({ version, email }, n) =>
      rule(`r${n}`, 100, [
        condition('appVersion', 'version_gte', version),
        condition('email', 'str_contains_any', [email]),
      ]),
    ),
  ),
]

export async function start(): Promise<Peer> {
  await statsig.initialize('secret-bench', {
    bootstrapValues: JSON.stringify({
      has_updates: true,
      time: 1,
      feature_gates: GATES,
      dynamic_configs: [],
      layer_configs: [],
      layers: {},
      id_lists: {},
    }),
    localMode: true,
    disableRulesetsSync: true,
    disableIdListsSync: true,
    disableAllLogging: true,
    disableDiagnostics: true,
    initStrategyForIP3Country: 'none',
  })
  const contexts = subjects.map(({ id, email, country, version, plan }) => ({
    userID: id,
    email,
    country,
    appVersion: version,
    custom: { plan },
  }))
  const ask = (key: string) => (n: number) => statsig.checkGateSync(at(contexts, n), key)
  return {
    name: 'statsig-node',
    cases: {
      off: ask('off'),
      rollout: ask('rollout'),
      targeted: ask('targeted'),
      rules: ask('rules'),
      segment: 'lists of ids come over its network only',
    },
    close: () => statsig.shutdownAsync(),
  }
}
