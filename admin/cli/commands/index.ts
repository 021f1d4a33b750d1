/** Every command there is. Each is read from disk only when it runs. */
import type { Command } from '../frame/command.ts'
import type { Group } from '../frame/help.ts'
import { ACCESS } from './table/access.ts'
import { ACCOUNT } from './table/account.ts'
import { EVERYDAY } from './table/everyday.ts'
import { FILES } from './table/files.ts'
import { DECLARE } from './table/declare.ts'
import { DEPLOY } from './table/deploy.ts'
import { DRIFT } from './table/drift.ts'
import { FLAGS } from './table/flags.ts'
import { OVERRIDE } from './table/override.ts'
import { RUNNING } from './table/running.ts'
import { SECRETS } from './table/secrets.ts'

export const GROUPS: readonly Group[] = [
  { title: 'Start', commands: ACCOUNT },
  { title: 'Everyday', commands: EVERYDAY },
  { title: 'In and out', commands: FILES },
  { title: 'A folder is the truth', commands: DECLARE },
  { title: 'Drift', commands: DRIFT },
  { title: 'Flags', commands: FLAGS },
  { title: 'Releases', commands: DEPLOY },
  { title: 'Without the platform', commands: OVERRIDE },
  { title: 'Secrets', commands: SECRETS },
  { title: 'Code', commands: RUNNING },
  { title: 'Access', commands: ACCESS },
]

export const COMMANDS: readonly Command[] = GROUPS.flatMap(({ commands }) => commands)
