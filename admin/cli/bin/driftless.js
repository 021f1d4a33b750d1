#!/usr/bin/env node
// Stands apart from what is built, so that `npm ci` finds it and links the command before the first build.
import { existsSync } from 'node:fs'

const built = new URL('../dist/driftless.js', import.meta.url)
if (existsSync(built)) await import(built.href)
else {
  process.stderr.write('driftless: not built yet; run `npm run build`\n')
  process.exitCode = 1
}
