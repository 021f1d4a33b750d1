import { expect, test } from 'vitest'
import { recipientOf } from '../../../worker/crypto/recipient.ts'
import vectors from '../../vectors/recipient.json' with { type: 'json' }

test.each(vectors.recipients)(
  'an SDK key gives the public key and the id of the vector: $id',
  async ({ sdkKey, id, publicKey }) => {
    expect(await recipientOf(sdkKey)).toEqual({ id, publicKey })
  },
)
