/** Bindings that need not be there, so that `wrangler types` cannot know of them. `env.d.ts` beside this is generated. */
interface OptionalEnv {
  /** Bootstrap token of the first owner, until a real one is made. */
  readonly OWNER_TOKEN?: string
  /** Requests of one admin token, as `<per second>/<at once>`. Default `100/1000`. */
  readonly TOKEN_RATE?: string
  /** Sign-in through an identity provider: docs/how-to/sign-in-with-oidc.md. */
  readonly OIDC_ISSUER?: string
  readonly OIDC_AUDIENCE?: string
  readonly OIDC_JWKS_URL?: string
  readonly OIDC_GROUPS_CLAIM?: string
  readonly OIDC_GROUPS?: string
  /** `allowed`: validate webhooks may lead to http://localhost. Only where the platform runs on somebody's own computer. */
  readonly LOCAL_HOOKS?: string
  /** Tests only: the step of a publish before or after which the process is to die. */
  readonly FAILPOINT?: string
}
interface Env extends OptionalEnv {}
declare namespace Cloudflare {
  interface Env extends OptionalEnv {}
}
