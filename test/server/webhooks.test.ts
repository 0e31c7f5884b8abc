import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bodyOf, exampleData, isWebhookEvent, webhookActions } from '../../server/src/core/webhooks/events.js'
import { isPublicAddress } from '../../server/src/core/webhooks/public-address.js'
import { versionCreated } from '../../server/src/core/webhooks/registry-changes.js'
import { maxTries, nextTry, retryAfterMs } from '../../server/src/core/webhooks/retry.js'
import { targetOf } from '../../server/src/core/webhooks/target.js'
import { BlockedTarget, checkReachable, post } from '../../server/src/modules/webhooks/send.js'
import { signatureOf } from '../../server/src/modules/webhooks/signature.js'
import { createSecretBox } from '../../server/src/secret-box.js'

describe('an address of the public network', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    '%s is one',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )
  test.each([
    [
      '127.0.0.1',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
    ],
    ['255.255.255.255', '224.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.9', '198.19.0.1'],
    ['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1', '2001:db8::1', '2001::1', '3fff::1'],
    ['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2002:a00:1::5'],
    ['', 'localhost', '127.1', '0177.0.0.1', '1.2.3', '1.2.3.4.5', '1.2.3.256', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9'],
  ])('%s is none, and neither are its like', (...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([])
  })
})

describe('the address of a webhook', () => {
  const whyNot = (text: string, allowed: readonly string[] = []) => {
    const target = targetOf(text, allowed)
    return target.ok ? null : target.why
  }

  test('is https, and of a host', () => {
    expect(whyNot('https://hooks.example/x?token=1')).toBeNull()
    expect(whyNot('http://hooks.example/')).toBe("Invalid webhook URL scheme: 'http'. Allowed schemes are: https.")
    expect(whyNot('nowhere')).toBe("Invalid webhook URL scheme: ''. Allowed schemes are: https.")
    expect(whyNot('https:///x')).toBe("Webhook URL must include a hostname: 'https:///x'")
    expect(whyNot('  ')).toBe("Webhook URL cannot be empty or just whitespace: '  '")
  })

  test('may be inside, and without encryption, only for hosts that are allowed', () => {
    expect(targetOf('http://10.0.0.5:8080/x', ['10.0.0.5'])).toMatchObject({ ok: true, trusted: true })
    expect(targetOf('http://a.bank.example/', ['*.bank.example'])).toMatchObject({ ok: true, trusted: true })
    expect(targetOf('https://bank.example/', ['*.bank.example'])).toMatchObject({ ok: true, trusted: false })
    expect(targetOf('https://evilbank.example/', ['*.bank.example'])).toMatchObject({ ok: true, trusted: false })
    expect(targetOf('https://[::1]:9/', ['::1'])).toMatchObject({ ok: true, host: '::1', trusted: true })
  })

  test('is read as who connects reads it, however it is spelled', async () => {
    for (const spelled of [
      'https://127.1/',
      'https://0x7f000001/',
      'https://2130706433/',
      'https://[::ffff:7f00:1]/',
    ]) {
      const target = targetOf(spelled, [])
      if (!target.ok) throw new Error(target.why)
      await expect(checkReachable(target)).rejects.toThrow(/must not resolve to a non-public IP address/)
    }
  })

  test('that leads inside by its name is refused, and so is one whose name leads there later', async () => {
    const target = targetOf('https://hooks.example/', [])
    if (!target.ok) throw new Error(target.why)
    const answers = ['8.8.8.8', '169.254.169.254']
    const resolve = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]
    await checkReachable(target, resolve)
    const sent = post(target, { body: '{}', headers: {} }, { timeoutMs: 5000, keepBytes: 0, resolve })
    await expect(sent).rejects.toThrow(BlockedTarget)
  })

  test('that leads nowhere is refused', async () => {
    const target = targetOf('https://hooks.example/', [])
    if (!target.ok) throw new Error(target.why)
    const nowhere = checkReachable(target, () => Promise.reject(new Error('no such host')))
    await expect(nowhere).rejects.toThrow("Cannot resolve Webhook URL hostname 'hooks.example': no such host")
  })
})

describe('a message', () => {
  const answered = (status: number, retryAfter: number | null = null) =>
    ({ kind: 'answered', status, retryAfterMs: retryAfter }) as const

  test('has arrived when the receiver says so, and is not sent again when it is refused', () => {
    expect(nextTry(answered(204), 1, 0)).toEqual({ kind: 'delivered' })
    for (const status of [301, 302, 400, 401, 404, 410])
      expect(nextTry(answered(status), 1, 0)).toEqual({ kind: 'failed' })
    expect(nextTry({ kind: 'refused', why: 'x' }, 1, 0)).toEqual({ kind: 'failed' })
  })

  test('is tried again, each time later, and not for ever', () => {
    const waits = Array.from({ length: maxTries }, (_, index) =>
      nextTry({ kind: 'unanswered', why: 'ECONNREFUSED' }, index + 1, 0),
    )
    const later = (afterMs: number) => ({ kind: 'later', afterMs })
    const seconds = [1, 4, 16, 64, 256, 1024, 4096, 16_384]
    expect(waits).toEqual([...seconds.map((each) => later(each * 1000)), { kind: 'failed' }])
    expect(nextTry(answered(503), 1, 1)).toEqual(later(1250))
  })

  test('waits as long as the receiver asks, within reason', () => {
    expect(nextTry(answered(429, 30_000), 1, 0)).toEqual({ kind: 'later', afterMs: 30_000 })
    expect(nextTry(answered(429, 10), 1, 0)).toEqual({ kind: 'later', afterMs: 1000 })
    expect(nextTry(answered(429, 9e9), 1, 0)).toEqual({ kind: 'later', afterMs: 21_600_000 })
    expect([retryAfterMs('7', 0), retryAfterMs('x', 0), retryAfterMs(undefined, 0)]).toEqual([7000, null, null])
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:09 GMT', 2000)).toBe(7000)
  })

  test('is signed as the Standard Webhooks specification says', () => {
    // Made with Python's hmac: base64(hmac.new(b"secret", b"id.7.{}", sha256).digest()).
    expect(signatureOf('secret', { id: 'id', timestamp: '7', body: '{}' })).toBe(
      'v1,n+ezSqrogxffCdZ9pbL6XhzvbyzCkH0jgJLHItwcxlI=',
    )
  })

  test('says what became of what, where, and when', () => {
    const message = { event: 'prompt_tag.set', at: '2026-01-01T00:00:00.000Z', workspace: 'w', data: { a: 1 } } as const
    expect(JSON.parse(bodyOf(message))).toEqual({
      entity: 'prompt_tag',
      action: 'set',
      timestamp: '2026-01-01T00:00:00.000+00:00',
      workspace: 'w',
      data: { a: 1 },
    })
  })

  test('of a prompt keeps the tags by which it is one to itself', () => {
    const tags = [
      { key: 'mlflow.prompt.is_prompt', value: 'true' },
      { key: '_mlflow_prompt_type', value: 'text' },
      { key: 'mlflow.prompt.text', value: 'Hello' },
      { key: 'k', value: 'v' },
    ]
    const { data } = versionCreated({ name: 'p', version: 2, source: 's', runId: '', description: '', tags })
    expect(data.prompt).toEqual({ name: 'p', version: '2', template: 'Hello', tags: { k: 'v' }, description: null })
    expect(data.model).toMatchObject({ run_id: null, tags: { k: 'v', 'mlflow.prompt.text': 'Hello' } })
  })
})

test('every event has an example', () => {
  const events = Object.entries(webhookActions).flatMap(([entity, actions]) =>
    actions.map((each) => `${entity}.${each}`),
  )
  expect(Object.keys(exampleData).sort()).toEqual(events.sort())
  expect(events.every(isWebhookEvent)).toBe(true)
  expect(isWebhookEvent('registered_model.deleted')).toBe(false)
})

describe('a sealed secret', () => {
  const home = () => mkdtempSync(join(tmpdir(), 'novabrain-secrets-'))

  test('opens for its owner, with the key of the folder, after a restart too', () => {
    const place = home()
    const sealed = createSecretBox({ home: place }).seal('两个人知道', 'mine')
    expect(sealed.toString('utf8')).not.toContain('两个人知道')
    expect(createSecretBox({ home: place }).open(sealed, 'mine')).toBe('两个人知道')
    expect(statSync(join(place, 'secrets.key')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(place, 'secrets.key'), 'utf8')).toHaveLength(45)
  })

  test('opens for nobody else, with no other key, and not when it was changed', () => {
    const box = createSecretBox({ home: home() })
    const sealed = box.seal('secret', 'mine')
    expect(box.open(sealed, 'yours')).toBeNull()
    expect(createSecretBox({ home: home() }).open(sealed, 'mine')).toBeNull()
    for (const at of [0, 5, 20, sealed.length - 1]) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(box.open(changed, 'mine')).toBeNull()
    }
    expect(box.open(Buffer.alloc(3), 'mine')).toBeNull()
  })

  test('is never sealed twice alike, and a key of the configuration comes first', () => {
    const secretsKey = Buffer.alloc(32, 7).toString('base64')
    const box = createSecretBox({ home: '/nowhere', secretsKey })
    expect(box.seal('a', 'b')).not.toEqual(box.seal('a', 'b'))
    expect(createSecretBox({ home: '/elsewhere', secretsKey }).open(box.seal('a', 'b'), 'b')).toBe('a')
  })
})
