/** Secrets: what is known of them, and what writes them. A value is sent, and answered by one route alone. */
import { MAX_SECRET_REFERENCES, type SecretItem } from '#core'
import * as v from 'valibot'
import { listOf } from './answer.ts'
import { owner, tags } from './flag.ts'
import {
  MAX_DESCRIPTION_CHARS,
  MAX_GENERATED_CHARS,
  MAX_GRACE_MS,
  MAX_SEALED_RECIPIENTS,
  MAX_SECRET_CHARS,
  MAX_TIME_MS,
} from './limits.ts'
import { integer, itemName, named, reason, scopeName, strict, text } from './schema.ts'

const type = v.picklist(['password', 'apiKey', 'token', 'certificate', 'generic'])
const version = integer(1, Number.MAX_SAFE_INTEGER)
const time = integer(0, MAX_TIME_MS)

const ALPHABETS = {
  alphanumeric: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  hex: '0123456789abcdef',
  digits: '0123456789',
  /** Without quotes, backslash, dollar sign and white space: may stand in any file. */
  symbols:
    '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%&()*+,-./:;<=>?@[]^_{|}~',
} as const

/** A value made by the platform, of characters that are all as likely: at least 64 bits of them. */
const generate = v.pipe(
  strict({
    length: v.optional(integer(1, MAX_GENERATED_CHARS), 32),
    alphabet: v.optional(v.picklist(['alphanumeric', 'hex', 'digits', 'symbols']), 'alphanumeric'),
  }),
  v.check(
    ({ length, alphabet }) => length * Math.log2(ALPHABETS[alphabet].length) >= 64,
    'must have at least 64 random bits: more characters, or a larger alphabet',
  ),
  v.transform(({ length, alphabet }) => ({ length, alphabet: ALPHABETS[alphabet] })),
)

const value = text(MAX_SECRET_CHARS)
const base64url = (most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(most, `must be at most ${most} characters`),
    v.regex(/^[\w-]*$/, 'must be base64url'),
  )
const epk = strict({ kty: v.literal('OKP'), crv: v.literal('X25519'), x: base64url(43) })

/** A value that its author sealed: the platform never has it (SNAPSHOT.md §9.4). */
const sealed = strict({
  version,
  jwe: strict({
    protected: base64url(1_000),
    aad: base64url(1_000),
    iv: base64url(16),
    ciphertext: base64url(Math.ceil((MAX_SECRET_CHARS * 4) / 3)),
    tag: base64url(22),
    recipients: v.pipe(
      v.array(
        strict({
          encrypted_key: base64url(54),
          header: strict({
            alg: v.literal('ECDH-ES+A256KW'),
            kid: base64url(22),
            epk: v.exactOptional(epk),
          }),
        }),
      ),
      v.minLength(1, 'must have 1 recipient at least'),
      v.maxLength(MAX_SEALED_RECIPIENTS, `must have at most ${MAX_SEALED_RECIPIENTS} recipients`),
      v.readonly(),
    ),
  }),
  /** Names of the secrets that the value refers to. */
  references: v.exactOptional(
    v.pipe(v.array(itemName), v.minLength(1), v.maxLength(MAX_SECRET_REFERENCES), v.readonly()),
  ),
})
const ONE_VALUE = 'value and generate exclude each other'
const REFERENCES = 'references goes with a value'

const settingMembers = {
  type: v.exactOptional(type),
  /** `null` removes. */
  description: v.exactOptional(v.nullable(text(MAX_DESCRIPTION_CHARS, 0))),
  owner: v.exactOptional(v.nullable(owner)),
  tags: v.exactOptional(v.nullable(tags)),
  /** Older than this the active version is reminded of. `null`: never. */
  maxAgeMs: v.exactOptional(v.nullable(integer(1, MAX_TIME_MS))),
}

const newValueMembers = {
  value: v.exactOptional(value),
  generate: v.exactOptional(generate),
  /** Whether `${SECRET:name}` in the value stands for the value of that secret. Default: it stands for itself. */
  references: v.exactOptional(v.boolean()),
  /** Of the new version, milliseconds since 1970. It is reminded of; the version goes on being served. */
  expiresAtMs: v.exactOptional(time),
}

const grace = v.exactOptional(integer(0, MAX_GRACE_MS))

export const putSecretBody = v.pipe(
  strict({
    environment: scopeName,
    ...settingMembers,
    ...newValueMembers,
    /** Instead of a value, the value as its author sealed it for the SDK keys of the environment. */
    sealed: v.exactOptional(sealed),
    /** Whether applications get the new version. Default: only when it is the first one. */
    activate: v.exactOptional(v.boolean()),
    graceMs: grace,
    reason,
  }),
  v.check((body) => body.value === undefined || body.generate === undefined, ONE_VALUE),
  v.check((body) => body.references !== true || body.value !== undefined, REFERENCES),
  v.check(
    (body) =>
      body.sealed === undefined || (body.value === undefined && body.generate === undefined),
    'sealed excludes value and generate',
  ),
)

export const rotateSecretBody = v.pipe(
  strict({ environment: scopeName, ...newValueMembers, graceMs: grace, reason }),
  v.check((body) => body.value === undefined || body.generate === undefined, ONE_VALUE),
  v.check((body) => body.references !== true || body.value !== undefined, REFERENCES),
)

export const activateSecretBody = strict({
  environment: scopeName,
  version,
  graceMs: grace,
  reason,
})
export const revokeSecretBody = strict({ environment: scopeName, version, reason })
export const importSecretsBody = strict({
  environment: scopeName,
  /** Text of a `.env` file: each name becomes a secret. */
  source: v.string(),
  /** Whether applications get the new versions of secrets that exist. Default `true`. */
  activate: v.exactOptional(v.boolean()),
  type: v.exactOptional(type),
  graceMs: grace,
  reason,
})

export const shareSecretBody = strict({
  environment: scopeName,
  to: strict({
    project: scopeName,
    environment: scopeName,
    /** Default: the same name. */
    name: v.exactOptional(itemName),
  }),
  reason,
})

export const secretShare = named(
  'SecretShare',
  v.object({
    id: v.string(),
    environment: v.string(),
    name: v.string(),
    to: v.object({ project: v.string(), environment: v.string(), name: v.string() }),
    createdAtMs: v.number(),
    /** Whether the other project was told of the newest state. */
    isTold: v.boolean(),
    /** Why it does not take it. */
    fault: v.exactOptional(v.string()),
  }),
)

const secretVersion = v.object({
  version: v.number(),
  createdAtMs: v.number(),
  author: v.string(),
  expiresAtMs: v.exactOptional(v.number()),
  /** Its value was destroyed then. */
  revokedAtMs: v.exactOptional(v.number()),
  /** Secrets of the environment that its value refers to; absent: it refers to none. */
  references: v.exactOptional(listOf(v.string())),
  /** Ids of the recipients that its author sealed it for; absent: the platform seals it for all there are. */
  sealedFor: v.exactOptional(listOf(v.string())),
})

/** Exactly a `SecretItem`. */
export const secretItem: v.GenericSchema<SecretItem> = named(
  'SecretItem',
  v.object({
    type,
    description: v.exactOptional(v.string()),
    owner: v.exactOptional(v.string()),
    tags: v.exactOptional(listOf(v.string())),
    maxAgeMs: v.exactOptional(v.number()),
    /** What applications get; absent: nothing. */
    active: v.exactOptional(v.number()),
    /** Served beside the active one until `untilMs`. */
    previous: v.exactOptional(v.object({ version: v.number(), untilMs: v.number() })),
    /** It is another project's, which alone changes it. */
    from: v.exactOptional(
      v.object({
        project: v.string(),
        environment: v.string(),
        name: v.string(),
        version: v.number(),
        revision: v.number(),
      }),
    ),
    versions: listOf(secretVersion),
  }),
)

/** `needs-sealing`: an SDK key came after its author sealed it, and gets nothing until it is written again. */
export const reminder = v.picklist([
  'expired',
  'expires-soon',
  'too-old',
  'nothing-active',
  'needs-sealing',
])

/** Whom a secret may be sealed for by its author, and as which version. */
export const recipientsAnswer = named(
  'SecretRecipients',
  v.object({
    name: v.string(),
    environment: v.string(),
    /** The number of the version that is added next: it is part of what is sealed. */
    version: v.number(),
    recipients: listOf(
      v.object({
        /** The `kid` of the JWE. */
        id: v.string(),
        /** X25519, 32 bytes as base64url. */
        publicKey: v.string(),
        key: v.object({ id: v.string(), name: v.string(), prefix: v.string() }),
      }),
    ),
  }),
)

export const revealedSecret = named(
  'RevealedSecret',
  v.object({
    name: v.string(),
    environment: v.string(),
    version: v.number(),
    value: v.string(),
  }),
)

export const keyRotation = named(
  'KeyRotation',
  v.object({
    /** Id of the key that wraps now; null: none was needed yet. */
    current: v.nullable(v.string()),
    /** Whether all older keys are destroyed. */
    isDone: v.boolean(),
    /** Data keys that older ones still wrap. */
    remaining: v.number(),
    /** Newest first. */
    keys: listOf(
      v.object({
        id: v.string(),
        /** Id of the master key that wraps it; null: destroyed. */
        masterKey: v.nullable(v.string()),
        createdAtMs: v.number(),
        retiredAtMs: v.nullable(v.number()),
        destroyedAtMs: v.nullable(v.number()),
        /** Data keys it ever wrapped; a new key is made before 3,865,470,566. */
        wraps: v.number(),
        /** Data keys it wraps now. */
        dataKeys: v.number(),
      }),
    ),
  }),
)
