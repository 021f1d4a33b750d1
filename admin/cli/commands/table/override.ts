/** `override …`. */
import type { Command, FlagSpec } from '../../frame/command.ts'
import { ENVIRONMENT, PROJECT } from '../../frame/flags.ts'

const FOR: readonly FlagSpec[] = [...PROJECT, { ...ENVIRONMENT, summary: 'In which environment.' }]
const CLAIMS = 'aud, iat, exp, seq, flags, reason?'

export const OVERRIDE: readonly Command[] = [
  {
    name: 'override keygen',
    summary: 'Make a key that signs override files.',
    notes:
      'The file gets the private half and is for those who may switch things off; the public half that is printed goes into applications. The platform needs neither.',
    arguments: [{ name: 'file', summary: 'Where the private key goes.' }],
    needs: 'nothing',
    json: '{ file, key: { kty, crv, x, y } }',
    examples: [{ run: 'driftless override keygen override.key.json', does: 'once' }],
    load: async () => (await import('../override.ts')).keygen,
  },
  {
    name: 'override sign',
    summary: 'Sign a file that forces flags in applications, without the platform.',
    notes:
      'Put it where applications look for it: a file of theirs, or any web server. It takes the place of the file before, so name every flag that is to stay forced.',
    flags: [
      ...FOR,
      { name: 'key-file', value: 'FILE', summary: 'The private key.' },
      { name: 'off', value: 'FLAG', many: true, summary: 'Off, whatever its rules say.' },
      {
        name: 'serve',
        value: 'FLAG=VARIANT',
        many: true,
        summary: 'This variant for everybody.',
      },
      { name: 'none', summary: 'No flag: withdraws what was forced before.' },
      { name: 'expires', value: 'TIME', summary: 'When it ends by itself. Default: 24h.' },
      {
        name: 'seq',
        value: 'NUMBER',
        summary: 'Its order: higher than that of the file before. Default: the time, in ms.',
      },
      { name: 'reason', short: 'm', value: 'TEXT', summary: 'For people.' },
      { name: 'output', short: 'o', value: 'FILE', summary: 'Default: it is printed.' },
    ],
    needs: 'nothing',
    json: `{ ${CLAIMS}, output? | jws }`,
    examples: [
      {
        run: 'driftless override sign --key-file override.key.json --env production --off new-checkout -o override.jws',
        does: 'one flag off for a day',
      },
      {
        run: 'driftless override sign --key-file override.key.json --env production --none -o override.jws',
        does: 'back to what is published',
      },
    ],
    load: async () => (await import('../override.ts')).sign,
  },
  {
    name: 'override verify',
    summary: 'Say whether applications would take an override file, and what it forces.',
    arguments: [{ name: 'file', summary: 'The file.' }],
    flags: [...FOR, { name: 'key-file', value: 'FILE', summary: 'The key, or its public half.' }],
    needs: 'nothing',
    exit2: 'it would be refused',
    json: `{ ok: true, claims: { ${CLAIMS} } } or { ok: false, code, message }`,
    examples: [
      {
        run: 'driftless override verify override.jws --key-file override.pub.json --env production',
        does: 'before it is put in place',
      },
    ],
    load: async () => (await import('../override.ts')).verify,
  },
]
