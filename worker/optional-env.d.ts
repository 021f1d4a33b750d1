/** Bindings that need not be there, so that `wrangler types` cannot know of them. `env.d.ts` beside this is generated. */
interface OptionalEnv {
  /** Bootstrap token of the first owner, until a real one is made. */
  readonly OWNER_TOKEN?: string
  /** Tests only: the step of a publish before or after which the process is to die. */
  readonly FAILPOINT?: string
}
interface Env extends OptionalEnv {}
declare namespace Cloudflare {
  interface Env extends OptionalEnv {}
}
