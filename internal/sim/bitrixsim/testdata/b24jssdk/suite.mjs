// Bitrix24's official SDK against a simulated portal; see clients_test.go, which
// starts it with the portal's webhook as its argument. Exits with 1 and says why
// where the SDK is not content.
import assert from 'node:assert/strict'
import { B24Hook, ParamsFactory } from '@bitrix24/b24jssdk'

const webhook = process.argv[2]
const sim = new URL('/sim/bitrix24/', webhook)
const b24 = B24Hook.fromWebhookUrl(webhook, { restrictionParams: { ...ParamsFactory.getDefault(), retryDelay: 50 } })
const lead = { entityTypeId: 1 }

// call makes one call that must succeed and returns its answer.
async function call(method, params) {
  const response = await b24.actions.v2.call.make({ method, params })
  assert.ok(response.isSuccess, `${method}: ${response.getErrorMessages().join('; ')}`)
  return response
}
const result = async (method, params) => (await call(method, params)).getData().result

async function faults(...list) {
  const response = await fetch(new URL('faults', sim), { method: 'POST', body: JSON.stringify({ faults: list }) })
  assert.equal(response.status, 200)
}
const stats = async () => (await fetch(new URL('stats', sim))).json()

const steps = {
  async fields() {
    const { fields } = await result('crm.item.fields', lead)
    assert.equal(fields.stageId.statusType, 'STATUS')
    assert.equal(fields.opportunity.type, 'double')
  },

  async 'add, get, update, delete'() {
    const { item } = await result('crm.item.add', { ...lead, fields: { title: 'SDK & şirket', opportunity: 12.5,
      fm: [{ typeId: 'EMAIL', valueType: 'WORK', value: 'a@x.tr' }] } })
    assert.equal(item.title, 'SDK & şirket')
    await result('crm.item.update', { ...lead, id: item.id, fields: { stageId: 'IN_PROCESS', fm: { [item.fm[0].id]: { typeId: 'EMAIL', valueType: 'WORK', value: 'b@x.tr' } } } })
    const got = (await result('crm.item.get', { ...lead, id: item.id })).item
    assert.equal(got.stageId, 'IN_PROCESS')
    assert.deepEqual(got.fm.map((m) => m.value), ['b@x.tr'])
    await result('crm.item.delete', { ...lead, id: item.id })
    const gone = await b24.actions.v2.call.make({ method: 'crm.item.get', params: { ...lead, id: item.id } }).catch((e) => e)
    assert.match(String(gone.code ?? gone.getErrorMessages?.().join()), /NOT_FOUND|not found/i)
  },

  async list() {
    for (let first = 0; first < 120; first += 40) {
      const calls = Array.from({ length: 40 }, (_, n) => ['crm.item.add', { ...lead, fields: { title: `Aday ${first + n}`, opportunity: first + n } }])
      const response = await b24.actions.v2.batch.make({ calls, options: { isHaltOnError: true } })
      assert.ok(response.isSuccess, response.getErrorMessages().join('; '))
    }
    const page = await call('crm.item.list', { ...lead, filter: { '>=opportunity': 60 }, order: { opportunity: 'DESC' }, select: ['id', 'title'] })
    assert.equal(page.getTotal(), 60)
    assert.equal(page.getData().result.items[0].title, 'Aday 119')
    assert.equal(page.hasMore(), true)
    const all = await b24.actions.v2.callList.make({ method: 'crm.item.list', params: { ...lead, select: ['id', 'title'] }, idKey: 'id', customKeyForResult: 'items' })
    assert.ok(all.isSuccess, all.getErrorMessages().join('; '))
    assert.equal(all.getData().length, 120)
    const fetched = []
    for await (const chunk of b24.actions.v2.fetchList.make({ method: 'crm.item.list', params: { ...lead, select: ['id'] }, idKey: 'id', customKeyForResult: 'items' })) {
      fetched.push(...chunk)
    }
    assert.equal(fetched.length, 120)
  },

  async batch() {
    const response = await b24.actions.v2.batch.make({
      calls: {
        first: { method: 'crm.item.list', params: { ...lead, order: { id: 'ASC' } } },
        chained: { method: 'crm.item.get', params: { ...lead, id: '$result[first][items][0][id]' } },
        wrong: { method: 'crm.item.get', params: { ...lead, id: 999999 } },
      },
      options: { isHaltOnError: false, returnAjaxResult: true },
    })
    const rows = response.getData()
    assert.equal(rows.chained.getData().result.item.title, 'Aday 0')
    assert.deepEqual(Object.keys(response.getErrorsByKey()), ['wrong'])
    const many = await b24.actions.v2.batchByChunk.make({
      calls: Array.from({ length: 130 }, (_, n) => ['crm.status.list', { filter: { ENTITY_ID: n % 2 ? 'STATUS' : 'SOURCE' } }]),
      options: { isHaltOnError: false },
    })
    assert.ok(many.isSuccess, many.getErrorMessages().join('; '))
    assert.equal(many.getData().length, 130)
  },

  async 'busy portal'() {
    await faults({ kind: '503', times: 2 })
    const before = (await stats()).requests
    await call('crm.item.list', lead)
    assert.equal((await stats()).requests - before, 3, 'two refusals, then the answer')
    await faults()
  },

  async 'the whole of it within the limits'() {
    const s = await stats()
    assert.deepEqual(s.rejected, {})
    assert.deepEqual(s.ignored, {})
  },
}

for (const [name, step] of Object.entries(steps)) {
  try {
    await step()
    console.log('ok', name)
  } catch (error) {
    console.error(`failed: ${name}:`, error)
    process.exit(1)
  }
}
process.exit(0)
