/**
 * Bytes on the wire for one changed flag among 1,000, beside the whole snapshot: what an open stream is sent, and what a poll is
 * answered. Counted, not timed: the same on every machine.
 */
import { canonicalize, type Flag, type SnapshotBody } from '#core'
import { deltaText, diffBodies } from '../../worker/domain/delta.ts'
import { headMessages } from '../../worker/objects/hub/messages.ts'

const FLAGS = 1_000
/** As long as that of a manifest that names a delta, signature included. */
const MANIFEST = 'm'.repeat(760)

function flagOf(index: number): Flag {
  return {
    type: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    seed: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    offVariant: 'off',
    defaultVariant: 'off',
    targets: { on: [`user-${index}`, `user-${index + 1}`] },
    rules: [
      {
        id: `rule-${index}`,
        when: { attribute: 'plan', operator: 'in', value: ['pro', 'team'] },
        serve: { split: [{ variant: 'on', weight: (index * 97) % 100_000 }] },
      },
    ],
  }
}

function bodyOf(revision: number, flags: Readonly<Record<string, Flag>>): SnapshotBody {
  return {
    format: 1,
    project: 'shop',
    environment: 'production',
    audience: 'server',
    revision,
    configs: {},
    flags,
    segments: {},
    secrets: {},
  }
}

export async function run(): Promise<void> {
  const flags = Object.fromEntries(
    Array.from({ length: FLAGS }, (_, index) => [`flag-${index}`, flagOf(index)]),
  )
  const before = bodyOf(1, flags)
  const after = bodyOf(2, { ...flags, 'flag-500': { ...flagOf(500), enabled: false } })
  const body = canonicalize(after)
  const delta = deltaText(diffBodies(before, after))
  const { next } = headMessages(MANIFEST, { body, delta })
  const poll = delta.length + MANIFEST.length
  const share = (bytes: number): string =>
    `${bytes} bytes, ${((100 * bytes) / body.length).toFixed(2)} % of the snapshot`
  console.log(`snapshot of ${FLAGS} flags: ${body.length} bytes`)
  console.log(`one flag changed, over the stream: ${share(next.length)}`)
  console.log(`one flag changed, by a poll (manifest header and delta): ${share(poll)}`)
}
