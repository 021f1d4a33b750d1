/** A real remote configuration, DuckDuckGo's, as a declared folder: it plans, applies, drifts and heals. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isJsonObject, type JsonValue } from '#core'
import { parseDocument } from '#formats'
import { type Cli, createCli } from '../../support/cli.ts'
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts'
import { suite } from '../../support/suites.ts'

const source = suite('duckduckgo-remote-config')

describe.skipIf(source === undefined)(
  'DuckDuckGo’s remote config (skipped without the suites)',
  () => {
    let platform: TestPlatform
    let cli: Cli
    let features: string[]

    beforeAll(async () => {
      platform = await startTestPlatform()
      cli = await createCli({ DRIFTLESS_URL: platform.url, DRIFTLESS_TOKEN: platform.admin.token })
      const project = { project: 'browser', url: platform.url }
      await platform.admin.createProject('browser', { macos: {}, windows: {} })
      await writeFile(join(cli.folder, 'driftless.config.json'), JSON.stringify(project))
      const from = join(source ?? '', 'features')
      features = (await readdir(from)).map((file) => basename(file, '.json'))
      for (const feature of features) {
        await mkdir(join(cli.folder, 'config', feature), { recursive: true })
        const text = await readFile(join(from, `${feature}.json`), 'utf8')
        await writeFile(join(cli.folder, 'config', feature, 'base.json'), text)
      }
      for (const environment of ['macos', 'windows']) {
        const text = await readFile(
          join(source ?? '', `overrides/${environment}-override.json`),
          'utf8',
        )
        for (const [feature, override] of Object.entries(overridesIn(text)))
          if (features.includes(feature))
            await writeFile(
              join(cli.folder, 'config', feature, `${environment}.json`),
              JSON.stringify(override, null, 4),
            )
      }
    })
    afterAll(async () => {
      await cli.close()
      await platform.close()
    })

    function overridesIn(text: string): Readonly<Record<string, JsonValue>> {
      const parsed = parseDocument(text, 'json')
      const document =
        parsed.ok && isJsonObject(parsed.value) ? parsed.value['features'] : undefined
      return isJsonObject(document) ? document : {}
    }

    test('it is read, planned and applied as one revision, and pulled byte for byte', async () => {
      const plan = await cli.run(['plan', '--json'])
      expect(plan.err).toBe('')
      expect(plan.code).toBe(2)
      const { changes } = plan.json() as { changes: { layer: string }[] }
      expect(changes.filter(({ layer }) => layer === 'base')).toHaveLength(features.length)
      expect(changes.length).toBeGreaterThan(features.length)
      expect((await cli.run(['apply', '--json'])).json()).toMatchObject({ revision: 2 })
      expect((await cli.run(['plan'])).out).toBe('nothing differs from revision 2\n')
      expect((await cli.run(['pull'])).out).toContain(
        '+ environments.yaml\nthe folder is as revision 2',
      )
      expect((await cli.run(['pull'])).out).toBe('the folder is as revision 2\n')
    })

    test('changed live it drifts, and is healed to the byte', async () => {
      const feature = 'burn'
      const before = await readFile(join(cli.folder, `config/${feature}/base.json`), 'utf8')
      await platform.admin.ok('PATCH', `/projects/browser/configs/${feature}`, {
        body: { changes: [{ path: '/state', value: 'disabled' }], reason: 'an outage' },
      })
      const drift = await cli.run(['drift'])
      expect(drift.code).toBe(2)
      expect(drift.out).toMatch(
        /\/state +declared "enabled" +published "disabled" +by owner in revision 3: an outage/,
      )
      expect((await cli.run(['drift', '--fix'])).out).toContain('fixed: revision 4')
      const { content } = await platform.admin.ok<{ content: { source: string } }>(
        'GET',
        `/projects/browser/configs/${feature}`,
      )
      expect(content.source).toBe(before)
      expect((await cli.run(['drift'])).code).toBe(0)
    })

    test('two environments are compared as they are merged', async () => {
      const diff = await cli.run(['diff', 'macos', 'windows'])
      expect(diff.code).toBe(2)
      expect(diff.out).toMatch(/\d+ differences\n$/)
    })
  },
)
