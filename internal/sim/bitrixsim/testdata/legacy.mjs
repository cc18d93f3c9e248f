// What Bitrix24's official SDK could do before its second major version, against a simulated
// portal; clients_test.go starts it by the suite of each version.
import assert from 'node:assert/strict'

// legacySteps are the calls of AbstractB24, each with what it must bring.
export function legacySteps(b24) {
  const lead = { entityTypeId: 1 }
  const result = async (method, params) => (await b24.callMethod(method, params)).getData().result

  return {
    async 'callMethod: add, update, get, delete'() {
      const { item } = await result('crm.item.add', { ...lead, fields: { title: 'SDK & şirket', fm: { n0: { typeId: 'PHONE', valueType: 'WORK', value: '5321' } } } })
      await result('crm.item.update', { ...lead, id: item.id, fields: { stageId: 'IN_PROCESS', fm: { [item.fm[0].id]: { typeId: 'PHONE', valueType: 'WORK', value: '5322' } } } })
      const got = (await result('crm.item.get', { ...lead, id: item.id })).item
      assert.deepEqual([got.title, got.stageId, got.fm.map((m) => m.value)], ['SDK & şirket', 'IN_PROCESS', ['5322']])
      await result('crm.item.delete', { ...lead, id: item.id })
      await assert.rejects(b24.callMethod('crm.item.get', { ...lead, id: item.id }))
    },

    async 'callMethod: an entity’s own methods'() {
      const id = await result('crm.contact.add', { fields: { NAME: 'Ayşe', PHONE: [{ VALUE: '5321', VALUE_TYPE: 'MOBILE' }] } })
      const added = await result('crm.contact.get', { id })
      await result('crm.contact.update', { id, fields: { LAST_NAME: 'Yılmaz', PHONE: [{ ID: added.PHONE[0].ID, VALUE: '5322' }] } })
      const got = await result('crm.contact.get', { id })
      assert.deepEqual([got.NAME, got.LAST_NAME, got.PHONE.map((m) => m.VALUE)], ['Ayşe', 'Yılmaz', ['5322']])
      assert.equal((await result('crm.contact.fields', {})).PHONE.type, 'crm_multifield')
      assert.equal(await result('crm.contact.delete', { id }), true)
    },

    async 'callBatch: a list answers a list, an object an object'() {
      const list = (await b24.callBatch(Array.from({ length: 50 }, (_, n) => ({ method: 'crm.item.add', params: { ...lead, fields: { title: `Aday ${n}`, opportunity: n } } })))).getData()
      assert.ok(Array.isArray(list))
      assert.deepEqual(list.map((r) => r.item.title), Array.from({ length: 50 }, (_, n) => `Aday ${n}`))
      const named = (await b24.callBatch({ z: { method: 'crm.item.list', params: { ...lead, order: { id: 'ASC' } } }, a: { method: 'crm.item.get', params: { ...lead, id: '$result[z][items][0][id]' } } })).getData()
      assert.equal(named.a.item.title, 'Aday 0')
    },

    async 'callBatchByChunk'() {
      const calls = Array.from({ length: 70 }, (_, n) => ({ method: 'crm.item.add', params: { ...lead, fields: { title: `Aday ${50 + n}`, opportunity: 50 + n } } }))
      assert.equal((await b24.callBatchByChunk(calls, true)).getData().length, 70)
    },

    async 'callListMethod'() {
      const all = (await b24.callListMethod('crm.item.list', { ...lead, order: { id: 'ASC' }, select: ['id'] }, null, 'items')).getData()
      assert.equal(new Set(all.map((r) => r.id)).size, 120)
      assert.equal((await b24.callListMethod('crm.lead.list', { select: ['ID', 'TITLE'] })).getData().length, 120)
    },

    async 'fetchListMethod: by id, and by ID'() {
      for (const [method, key, items] of [['crm.item.list', 'id', 'items'], ['crm.lead.list', 'ID', null]]) {
        const seen = []
        for await (const page of b24.fetchListMethod(method, { ...lead, select: [key] }, key, items)) seen.push(...page)
        assert.equal(new Set(seen.map((r) => String(r[key]))).size, 120, method)
      }
    },

    async 'callMethod: what there is'() {
      assert.equal((await result('user.current', {})).ID, '1')
      assert.equal((await result('user.get', { ID: 2 }))[0].NAME, 'Mehmet')
      assert.ok((await result('methods', {})).includes('crm.item.update'))
      assert.ok((await result('events', {})).includes('ONCRMLEADADD'))
      assert.equal((await result('crm.category.get', { entityTypeId: 2, id: 9 })).category.id, 9)
      assert.equal((await result('crm.currency.base.get', {})), 'TRY')
    },
  }
}

// run makes the steps, says "ok" for each, and ends the process.
export async function run(steps) {
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
}
