/** A whole client, started from a bootstrap file as an application starts it: verified, hashed, parsed, frozen and compiled. */
import { canonicalize, formatKey } from '#core'
import { createClient } from '../../../sdk/src/index.ts'
import { claimsOf, createSigner } from '../../sdk/verify/signer.ts'
import { bodyOf, textOf } from './driftless.ts'

interface Started {
  readonly ask: (key: string, context: Readonly<Record<string, unknown>>) => boolean
  readonly close: () => void
}

/** The result starts one. No server is there: what it serves is what came with it. */
export async function prepareClient(flags: number): Promise<() => Promise<Started>> {
  const { flags: given } = JSON.parse(textOf(flags))
  const body = canonicalize(bodyOf(given))
  const nowMs = Date.now()
  const signer = await createSigner()
  const claims = await claimsOf(body, {
    aud: 'bench/production/server',
    iat: Math.floor(nowMs / 1000),
    exp: Math.floor(nowMs / 1000) + 86_400,
  })
  const manifest = await signer.sign(claims)
  const bootstrap = JSON.stringify({ manifest, body, keys: { keys: [signer.jwk] } })
  const key = formatKey('server', 'bench', 'production', 'a'.repeat(30))
  return async () => {
    const client = createClient({
      url: 'https://config.test',
      key,
      bootstrap,
      stream: false,
      reportStatus: false,
      fetch: () => new Promise(() => {}),
    })
    await client.ready()
    return {
      ask: (flag, context) => client.getBooleanValue(flag, false, context),
      close: () => void client.close(),
    }
  }
}
