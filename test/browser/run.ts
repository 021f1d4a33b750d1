/**
 * `npm run test:browser`: Node, workerd and Chromium answer the same 10,000 flags × contexts, compared bit for bit. Needs a
 * Chromium of this machine, by `CHROMIUM_PATH` or in a usual place; without one it says so and is skipped.
 */
import { createHash } from 'node:crypto'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { chromium } from 'playwright-core'
import { agreementAnswers } from '../support/agreement.ts'
import { chromiumPath } from '../support/chromium.ts'
import { ROOT } from '../support/run-tool.ts'
import pinned from '../vectors/agreement.json' with { type: 'json' }

const executablePath = chromiumPath()
if (executablePath === undefined) {
  console.log('browser: skipped, there is no Chromium here; CHROMIUM_PATH may name one')
} else {
  const answers = {
    node: agreementAnswers().join('\n'),
    workerd: await askWorkerd(),
    chromium: await askChromium(executablePath),
  }
  const expected = answers.node.split('\n')
  for (const [runtime, text] of Object.entries(answers)) {
    const sha256 = createHash('sha256').update(text).digest('hex')
    console.log(`browser: ${runtime.padEnd(8)} ${expected.length} answers, sha256 ${sha256}`)
    if (sha256 === pinned.sha256) continue
    process.exitCode = 1
    const given = text.split('\n')
    const at = expected.findIndex((line, index) => line !== given[index])
    console.error(
      at < 0
        ? `browser: ${runtime} answers otherwise than test/vectors/agreement.json has it`
        : `browser: ${runtime} differs first in answer ${at}\n  node     ${expected[at]}\n  ${runtime.padEnd(8)} ${given[at]}`,
    )
  }
}

async function bundle(entry: string, format: 'iife' | 'esm'): Promise<string> {
  const contents = `import { agreementAnswers } from './test/support/agreement.ts'\n${entry}`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    format,
    platform: 'neutral',
    target: 'es2023',
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('')
}

async function askWorkerd(): Promise<string> {
  const contents = await bundle(
    "export default { fetch: () => new Response(agreementAnswers().join('\\n')) }",
    'esm',
  )
  const worker = new Miniflare({
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    workers: [
      {
        config: {
          name: 'answers',
          compatibilityDate: '2026-10-01',
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: ROOT,
            modules: { 'worker.js': { type: 'esm', contents } },
          },
        },
      },
    ],
  })
  try {
    const response = await worker.dispatchFetch('http://localhost')
    return await response.text()
  } finally {
    await worker.dispose()
  }
}

async function askChromium(path: string): Promise<string> {
  const browser = await chromium.launch({ executablePath: path })
  try {
    const page = await browser.newPage()
    const script = await bundle("globalThis.answers = agreementAnswers().join('\\n')", 'iife')
    await page.addScriptTag({ content: script })
    const answers = await page.evaluate('globalThis.answers')
    if (typeof answers !== 'string') throw new TypeError('the page has no answers')
    return answers
  } finally {
    await browser.close()
  }
}
