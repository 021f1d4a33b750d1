/** The steps of OpenFeature's scenarios, done with a client of ours and with OpenFeature's server SDK over it. */
import {
  OpenFeature,
  ServerProviderStatus,
  type Client as OpenFeatureClient,
  type EvaluationDetails as OpenFeatureDetails,
  type FlagEvaluationOptions,
  type JsonValue as Json,
} from '@openfeature/server-sdk'
import { expect } from 'vitest'
import type { EvaluationDetails } from '#core'
import type { Client } from '../../sdk/src/index.ts'
import { clientOf, type FakeServer, pass, settle } from '../sdk/client/fake-server.ts'
import { providerOf } from './openfeature-provider.ts'

type Kind = 'boolean' | 'string' | 'number' | 'object'
const KINDS: Readonly<Record<string, Kind>> = {
  boolean: 'boolean',
  string: 'string',
  integer: 'number',
  float: 'number',
  object: 'object',
}

export const kindOf = (name: string): Kind => KINDS[name.toLowerCase()] ?? 'object'

const unquoted = (text: string): string => text.replaceAll('\\"', '"')

export function valueOf(kind: Kind, text: string): Json {
  if (kind === 'string') return unquoted(text)
  const value: Json = JSON.parse(unquoted(text))
  return value
}

const textOf = (value: Json): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value)

/** What happens in one scenario. */
export class Play {
  readonly server: FakeServer
  client: Client
  openFeature: OpenFeatureClient | undefined
  key = ''
  kind: Kind = 'boolean'
  fallback: Json = null
  context: Record<string, Json> = {}
  contextBefore = ''
  options: FlagEvaluationOptions = {}
  readonly hooked: string[] = []
  readonly hookDetails: Record<string, OpenFeatureDetails<Json>> = {}
  details: EvaluationDetails | undefined
  theirs: OpenFeatureDetails<Json> | undefined

  constructor(server: FakeServer, client: Client) {
    this.server = server
    this.client = client
  }

  async connect(isReady: boolean): Promise<void> {
    const provider = providerOf(this.client)
    const domain = 'scenario'
    const isSet = OpenFeature.setProviderAndWait(domain, provider)
    isSet.catch(() => {})
    this.openFeature = OpenFeature.getClient(domain)
    if (isReady) await isSet
  }

  ask(key = this.key): EvaluationDetails {
    const { client, kind, fallback, context } = this
    if (kind === 'boolean') return client.getBooleanDetails(key, fallback === true, context)
    if (kind === 'string') return client.getStringDetails(key, textOf(fallback), context)
    if (kind === 'number') return client.getNumberDetails(key, Number(fallback), context)
    return client.getObjectDetails(key, fallback, context)
  }

  async askThem(): Promise<OpenFeatureDetails<Json>> {
    const { key, kind, fallback, context, options } = this
    const them = this.openFeature
    if (!them) throw new Error('no provider was set')
    if (kind === 'boolean') return them.getBooleanDetails(key, fallback === true, context, options)
    if (kind === 'string') return them.getStringDetails(key, textOf(fallback), context, options)
    if (kind === 'number') return them.getNumberDetails(key, Number(fallback), context, options)
    return them.getObjectDetails(key, fallback, context, options)
  }

  /** One member of both answers. */
  both(member: 'value' | 'variant' | 'reason' | 'errorCode' | 'flagKey'): unknown[] {
    return [this.details?.[member], this.theirs?.[member]]
  }
}

const hookOf = (play: Play, name: string) => ({
  before: () => void play.hooked.push(`${name} before`),
  after: (_: unknown, details: OpenFeatureDetails<Json>) => {
    play.hooked.push(`${name} after`)
    play.hookDetails['after'] = details
  },
  error: () => void play.hooked.push(`${name} error`),
  finally: (_: unknown, details: OpenFeatureDetails<Json>) => {
    play.hooked.push(`${name} finally`)
    play.hookDetails['finally'] = details
  },
})

const METADATA: Readonly<Record<string, (text: string) => Json>> = {
  String: (text) => text,
  Integer: Number,
  Float: Number,
  Boolean: (text) => text === 'true',
}

export type Act = (
  play: Play,
  args: readonly string[],
  table: readonly (readonly string[])[],
) => Promise<void> | void

export const evaluate: Act = async (play) => {
  play.contextBefore = JSON.stringify(play.context)
  play.details = play.ask()
  play.theirs = await play.askThem()
}

const DAY_MS = 86_400_000

/** What each step of a scenario does, or looks at. */
export const STEPS: readonly (readonly [RegExp, Act])[] = [
  [/^an? stable provider$/, (play) => play.connect(true)],
  [
    /^a not ready provider$/,
    async (play) => {
      play.server.down()
      play.client = clientOf(play.server)
      await play.connect(false)
    },
  ],
  [
    /^an? error provider$/,
    async (play) => {
      play.server.down()
      play.client = clientOf(play.server)
      await play.connect(false)
      await pass(play.client, 11_000, 1000)
    },
  ],
  [
    /^a fatal provider$/,
    async (play) => {
      play.server.down()
      play.client = clientOf(play.server)
      await play.client.close()
      await play.connect(false)
      await settle(play.client)
    },
  ],
  [
    /^a stale provider$/,
    async (play) => {
      play.server.down()
      await pass(play.client, DAY_MS + 60_000, DAY_MS / 8)
    },
  ],
  [
    /^an? (\w+)-flag with key "([^"]*)" and a fallback value "(.*)"$/i,
    (play, [kind = '', key = '', fallback = '']) => {
      play.kind = kindOf(kind)
      play.key = key
      play.fallback = valueOf(play.kind, fallback)
    },
  ],
  [
    /^a context containing a key "([^"]*)", with type "(\w+)" and with value "(.*)"$/,
    (play, [name = '', kind = '', value = '']) => {
      play.context[name] = valueOf(kindOf(kind), value)
    },
  ],
  [
    /^a context containing a key "([^"]*)" with null value$/,
    (play, [name = '']) => {
      play.context[name] = null
    },
  ],
  [
    /^an evaluation context with modifiable data$/,
    (play) => {
      play.context = { email: 'ada@example.com', nested: { list: [1, 2] } }
    },
  ],
  [
    /^evaluation options containing specific hooks$/,
    (play) => {
      play.options = { hooks: [hookOf(play, 'first'), hookOf(play, 'second')] }
    },
  ],
  [
    /^a client with added hook$/,
    (play) => {
      play.openFeature?.addHooks(hookOf(play, 'added'))
    },
  ],
  [
    /^the flag was evaluated with details( asynchronously| using the evaluation options)?$/,
    evaluate,
  ],
  [
    /^the resolved details value should be "(.*)"$/,
    (play, [value = '']) => {
      const expected = valueOf(play.kind, value)
      expect(play.both('value')).toEqual([expected, expected])
    },
  ],
  [
    /^the flag key should be "(.*)"$/,
    (play, [key]) => expect(play.both('flagKey')).toEqual([key, key]),
  ],
  [
    /^the variant should be "([^"]*)"$/,
    (play, [name]) => expect(play.both('variant')).toEqual([name, name]),
  ],
  [
    /^the reason should be "CACHED"$/,
    (play) => {
      expect(play.client.source).toBe('cache')
      expect(play.theirs?.reason).toBe('CACHED')
    },
  ],
  [
    /^the reason should be "(\w+)"$/,
    (play, [reason]) => expect(play.both('reason')).toEqual([reason, reason]),
  ],
  [
    /^the error-code should be "(\w+)"$/,
    (play, [code]) => expect(play.both('errorCode')).toEqual([code, code]),
  ],
  [
    /^the resolved metadata should contain$/,
    (play, _, [, ...rows]) => {
      for (const [name = '', kind = '', value = ''] of rows) {
        const expected = METADATA[kind]?.(value)
        expect(play.details?.flagMetadata[name]).toBe(expected)
        expect(play.theirs?.flagMetadata[name]).toBe(expected)
      }
    },
  ],
  [
    /^the resolved metadata is empty$/,
    // Of the flag's own there is none; the body's revision is always told.
    (play) => expect(play.details?.flagMetadata).toEqual({ revision: play.client.revision }),
  ],
  [
    /^the provider status should be "(\w+)"$/,
    (play, [status]) => {
      const statuses: Readonly<Record<string, ServerProviderStatus>> = ServerProviderStatus
      expect(play.openFeature?.providerStatus).toBe(statuses[status ?? ''])
    },
  ],
  [
    /^the specified hooks should execute during evaluation$/,
    (play) => expect(play.hooked).toHaveLength(6),
  ],
  [
    /^the hook order should be maintained$/,
    (play) =>
      expect(play.hooked).toEqual([
        'first before',
        'second before',
        'second after',
        'first after',
        'second finally',
        'first finally',
      ]),
  ],
  [
    /^the "(\w+)" hook should have been executed$/,
    (play, [stage]) => expect(play.hooked).toContain(`added ${stage}`),
  ],
  [
    /^the "([\w, ]+)" hooks should be called with evaluation details$/,
    (play, [stages = ''], [, ...rows]) => {
      for (const stage of stages.split(', ')) {
        const told = play.hookDetails[stage]
        const members = [told?.flagKey, told?.value, told?.variant, told?.reason, told?.errorCode]
        expect(members.map((member) => textOf(member ?? null))).toEqual(
          rows.map(([, , value]) => value),
        )
      }
    },
  ],
  [
    /^the original evaluation context should remain unmodified$/,
    (play) => expect(JSON.stringify(play.context)).toBe(play.contextBefore),
  ],
  [
    /^the evaluation details should be immutable$/,
    (play) => {
      expect(Object.isFrozen(play.details?.flagMetadata)).toBe(true)
      expect(Object.isFrozen(play.theirs?.flagMetadata)).toBe(true)
    },
  ],
  [
    /^the evaluation should complete without blocking$/,
    // Ours is there at once; theirs was waited for.
    (play) => expect(play.details).toBeDefined(),
  ],
]
