/** `@driftless/sdk`: a client that keeps configuration and flags up to date in a running process. */
export { createClient } from './client/client.ts'
export type { Cache } from './client/cache.ts'
export { DriftlessError, type DriftlessErrorCode } from './client/errors.ts'
export type { Client, ClientEvents, OverrideInUse, Secret } from './client/interface.ts'
export type { ClientOptions } from './client/options.ts'
export type { ConfigSchemas, StandardSchema } from './client/standard-schema.ts'
export type { Source, Status } from './client/state.ts'
export type { WebSocketConstructor, WebSocketLike } from './client/stream.ts'
export type {
  ErrorCode,
  EvaluationContext,
  EvaluationDetails,
  FlagMetadata,
  Reason,
} from './core/evaluation.ts'
export type { JsonArray, JsonObject, JsonValue } from './core/json.ts'
export type { CacheRecord, PublicJwk } from './core/wire.ts'
