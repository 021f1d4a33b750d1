/** The process: `driftless …`. */
import { useProxies } from './frame/proxy.ts'
import { createIo } from './frame/real-io.ts'
import { main } from './main.ts'

/** Put in by the build. */
declare const DRIFTLESS_VERSION: string

await useProxies(process)
process.exitCode = await main(process.argv.slice(2), createIo(process), DRIFTLESS_VERSION)
