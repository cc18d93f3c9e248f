// A public client of other people against a simulated portal; clients_test.go starts it.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { run } from '../legacy.mjs'

const { Bitrix } = createRequire(import.meta.url)('@2bad/bitrix')
const b24 = Bitrix(process.argv[2])
const one = async (call) => (await call).result

await run({
  async 'leads: create, get, update'() {
    const id = await one(b24.leads.create({ TITLE: 'Aday & şirket', PHONE: [{ VALUE: '5321', VALUE_TYPE: 'WORK' }] }))
    const added = await one(b24.leads.get(id))
    await one(b24.leads.update(id, { STATUS_ID: 'IN_PROCESS', PHONE: [{ ID: added.PHONE[0].ID, VALUE: '5322' }] }))
    const got = await one(b24.leads.get(id))
    assert.deepEqual([got.TITLE, got.STATUS_ID, got.PHONE.map((m) => m.VALUE)], ['Aday & şirket', 'IN_PROCESS', ['5322']])
    await assert.rejects(b24.leads.get('999999'))
  },

  async 'deals, contacts, companies: create, get, fields'() {
    for (const [service, fields] of [['deals', { TITLE: 'd' }], ['contacts', { NAME: 'Ayşe' }], ['companies', { TITLE: 'Ege' }]]) {
      const got = await one(b24[service].get(await one(b24[service].create(fields))))
      for (const [name, value] of Object.entries(fields)) assert.equal(got[name], value)
      assert.equal((await one(b24[service].fields())).ID.isReadOnly, true)
    }
  },

  async 'batch: numbered and named commands'() {
    const list = await one(b24.batch(Array.from({ length: 60 }, (_, n) => ({ method: 'crm.deal.add', params: { fields: { TITLE: `Anlaşma ${n}` } } }))))
    assert.ok(Array.isArray(list.result))
    assert.equal(list.result.length, 60)
    const named = await one(b24.batch({ z: { method: 'crm.deal.get', params: { ID: list.result[0] } }, a: { method: 'user.get', params: { ID: 2 } } }))
    assert.equal(named.result.z.TITLE, 'Anlaşma 0')
    assert.equal(named.result.a[0].NAME, 'Mehmet')
  },

  async 'list: all pages'() {
    const all = await one(b24.deals.list({ select: ['ID', 'TITLE'] }))
    assert.equal(new Set(all.map((d) => d.ID)).size, 61)
    assert.equal((await one(b24.deals.list({ filter: { TITLE: 'Anlaşma 7' }, select: ['ID'] }))).length, 1)
  },

  async 'users and statuses'() {
    assert.equal((await one(b24.users.get('3')))[0].NAME, 'Zeynep')
    assert.ok((await one(b24.users.fields())).EMAIL)
    const statuses = await one(b24.statuses.list({ filter: { ENTITY_ID: 'SOURCE' } }))
    assert.equal(statuses[0].STATUS_ID, 'CALL')
    assert.equal((await one(b24.statuses.get(statuses[0].ID))).STATUS_ID, 'CALL')
    assert.ok((await one(b24.statuses.fields())).NAME)
  },

  async 'call: any method'() {
    assert.equal((await one(b24.call('crm.item.fields', { entityTypeId: 1 }))).fields.stageId.statusType, 'STATUS')
  },
})
