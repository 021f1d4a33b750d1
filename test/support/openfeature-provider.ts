/**
 * Our client as a provider of OpenFeature's server SDK, as thin as can be: what the specification asks of a provider is
 * answered by the client's own details, events and errors.
 */
import {
  GeneralError,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  ProviderFatalError,
  type ResolutionDetails,
  type JsonValue as OpenFeatureJson,
  type ErrorCode,
} from '@openfeature/server-sdk'
import type { EvaluationDetails, JsonValue } from '#core'
import { DriftlessError, type Client } from '../../sdk/src/index.ts'

export function providerOf(client: Client): Provider {
  const events = new OpenFeatureEventEmitter()
  client.on('stale', () => events.emit(ProviderEvents.Stale))
  client.on('changed', () => events.emit(ProviderEvents.ConfigurationChanged))

  const resolution = <T extends JsonValue>(details: EvaluationDetails<T>): ResolutionDetails<T> => {
    const { value, variant, reason, errorCode, errorMessage, flagMetadata } = details
    return {
      value,
      // Nobody but the client's own cache has vouched for it yet.
      reason: client.source === 'cache' && errorCode === undefined ? 'CACHED' : reason,
      flagMetadata,
      ...(variant !== undefined && { variant }),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its enum has the same texts
      ...(errorCode !== undefined && { errorCode: errorCode as ErrorCode }),
      ...(errorMessage !== undefined && { errorMessage }),
    }
  }
  return {
    metadata: { name: 'driftless' },
    runsOn: 'server',
    events,
    async initialize() {
      try {
        await client.ready()
      } catch (error) {
        const isFinal = error instanceof DriftlessError && error.code === 'closed'
        throw isFinal ? new ProviderFatalError(error.message) : new GeneralError('no snapshot yet')
      }
    },
    onClose: () => client.close(),
    resolveBooleanEvaluation: async (key, fallback, context) =>
      resolution(client.getBooleanDetails(key, fallback, context)),
    resolveStringEvaluation: async (key, fallback, context) =>
      resolution(client.getStringDetails(key, fallback, context)),
    resolveNumberEvaluation: async (key, fallback, context) =>
      resolution(client.getNumberDetails(key, fallback, context)),
    async resolveObjectEvaluation<T extends OpenFeatureJson>(
      key: string,
      fallback: T,
      context: Parameters<Provider['resolveObjectEvaluation']>[2],
    ) {
      const details = client.getObjectDetails(key, fallback, context)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- JSON both; the caller says which
      return resolution(details) as ResolutionDetails<T>
    },
  }
}
