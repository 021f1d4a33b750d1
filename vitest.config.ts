import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// The Worker's secrets are given below; without this, wrangler says for every file that it has not found them.
process.env['WRANGLER_LOG'] ??= 'error'

/** What `paths` of tsconfig.json say for admin/cli, a package of its own that the root's `imports` do not reach. */
const resolve = {
  alias: {
    '#core': join(import.meta.dirname, 'sdk/src/core/index.ts'),
    '#formats': join(import.meta.dirname, 'sdk/src/formats/index.ts'),
    '@driftless/sdk/schema': join(import.meta.dirname, 'sdk/src/schema.ts'),
    '@driftless/sdk/overrides': join(import.meta.dirname, 'sdk/src/overrides.ts'),
    '@driftless/sdk/verify': join(import.meta.dirname, 'sdk/src/verify.ts'),
    '@driftless/sdk': join(import.meta.dirname, 'sdk/src/index.ts'),
  },
}

/** Pure code, and the SDK: what must hold on every runtime is tested on two of them. */
const neutral = [
  'test/sdk/**/*.test.ts',
  'test/worker/domain/**/*.test.ts',
  'test/admin/**/*.test.ts',
]

export default defineConfig({
  test: {
    // Many tests wait for a process more than they compute: no core is left out, which vitest would do.
    maxWorkers: '100%',
    projects: [
      {
        resolve,
        // Node: the neutral tests, suites and files from disk, and the built Worker from outside.
        test: {
          name: 'node',
          include: [...neutral, 'test/{conformance,e2e,lab}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                MASTER_KEY: 'test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
                OWNER_TOKEN: 'owner-token-for-tests',
                // What the limit is when it is small: test/worker/directory/authenticate.test.ts.
                TOKEN_RATE: '100000/1000000',
              },
            },
          }),
        ],
        test: {
          name: 'workerd',
          include: [...neutral, 'test/worker/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
    ],
  },
})
