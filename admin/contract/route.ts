/** What one route of the contract is, and the types that follow from it: parameters, query, body and answer. */
import type * as v from 'valibot'
import type { BodySize } from './limits.ts'

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`; `:name` is a parameter. */
  readonly path: string
  /** Entry of the policy table that allows it. */
  readonly action: string
  /** One sentence for the documentation. */
  readonly summary: string
  /** More, when the summary cannot say it all. */
  readonly notes?: string
  /** Of query parameters, each one text. Unknown and repeated ones are refused. */
  readonly query: v.GenericSchema
  /** Absent: the route takes no body. */
  readonly body?: v.GenericSchema
  /** Default `small`. */
  readonly size?: BodySize
  readonly answer: v.GenericSchema
  /** Default `application/json`. Lines of JSON are answered, and read by the client, as one text. */
  readonly media?: 'application/x-ndjson'
  /** Of the usual success; default 200. */
  readonly status?: 200 | 201
  /**
   * `commit`: makes a revision, so it needs `If-Match` (or a `base`) and takes an `Idempotency-Key`. `guarded`: needs
   * `If-Match` only. `direct`: writes what no revision holds. Absent: reads.
   */
  readonly write?: 'commit' | 'guarded' | 'direct'
  /**
   * Where the environment stands that the request is about, when the path does not name it: `environment` of the query or
   * the body, or the member that is named. A request that may name none is then about the whole project.
   */
  readonly environmentIn?: 'query' | 'query.from' | 'body' | 'body.name' | 'body.to'
  /** A `base` in the body counts as `If-Match` does. */
  readonly baseInBody?: true
}

type ParameterNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

/** `{project: string, flag: string}` of `/projects/:project/flags/:flag`. */
export type ParametersOf<R extends Route> = { readonly [Name in ParameterNames<R['path']>]: string }

export type QueryOf<R extends Route> = v.InferOutput<R['query']>
/** What a caller gives: texts, or what becomes one. */
export type QueryInputOf<R extends Route> = v.InferInput<R['query']>
export type BodyOf<R extends Route> = R['body'] extends v.GenericSchema
  ? v.InferOutput<R['body']>
  : undefined
export type BodyInputOf<R extends Route> = R['body'] extends v.GenericSchema
  ? v.InferInput<R['body']>
  : undefined
export type AnswerOf<R extends Route> = v.InferOutput<R['answer']>
