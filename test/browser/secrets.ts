/**
 * The second part of `npm run test:browser`: Chromium opens what is sealed for an SDK key, and refuses what it must, as Node and
 * workerd do in their tests. Its X25519, HKDF, AES-KW and AES-GCM are not theirs.
 */
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { chromiumPath } from '../support/chromium.ts'
import { ROOT } from '../support/run-tool.ts'

const executablePath = chromiumPath()
if (executablePath === undefined) {
  console.log('browser: skipped, there is no Chromium here; CHROMIUM_PATH may name one')
} else {
  const faults = await faultsIn(executablePath)
  console.log(`browser: chromium opens the vectors of sealed secrets, ${faults.length} wrongly`)
  for (const fault of faults) console.error(`browser: ${fault}`)
  if (faults.length > 0) process.exitCode = 1
}

/** Notes of the vectors that do not come out as they must. */
async function faultsIn(path: string): Promise<readonly string[]> {
  const contents = `
    import { createOpener } from './sdk/src/client/open-secret.ts'
    import vectors from './test/vectors/sealed.json'
    globalThis.faults = async () => {
      const faults = []
      for (const { note, sdkKey, name, version, jwe, value } of [...vectors.accepted, ...vectors.refused]) {
        if ((await createOpener(sdkKey)(name, version, jwe)) !== value) faults.push(note)
      }
      return faults
    }`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    format: 'iife',
    platform: 'neutral',
    target: 'es2023',
    write: false,
  })
  const browser = await chromium.launch({ executablePath: path })
  try {
    const page = await browser.newPage()
    // WebCrypto is there for secure contexts alone: this name is one, and nothing is asked of the network.
    await page.route('**', (route) => route.fulfill({ contentType: 'text/html', body: '' }))
    await page.goto('http://localhost/')
    await page.addScriptTag({ content: outputFiles.map(({ text }) => text).join('') })
    const found: unknown = await page.evaluate('faults()')
    return Array.isArray(found) ? found.map(String) : ['no answer']
  } finally {
    await browser.close()
  }
}
