// kafkajs against a broker. Usage: node kafkajs_suite.js HOST:PORT
'use strict'
const assert = require('node:assert/strict')
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, PartitionAssigners,
  ResourcePatternTypes, logLevel } = require('kafkajs')
const { version } = require('kafkajs/package.json')
const lz4 = require('lz4-napi')
const { ZstdCodec } = require('zstd-codec')
const { eventually, groupStory, run } = require('./checks')

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: encoder => lz4.compressFrame(encoder.buffer),
  decompress: buffer => lz4.decompressFrame(buffer),
})
const zstd = new Promise(resolve => ZstdCodec.run(binding => resolve(new binding.Simple())))
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from((await zstd).compress(encoder.buffer)),
  decompress: async buffer => Buffer.from((await zstd).decompress(buffer)),
})

const client = clientId => new Kafka({ clientId, brokers: [process.argv[2]], logLevel: logLevel.NOTHING })
const kafka = client('suite')
const admin = kafka.admin()
const numbers = count => Array.from({ length: count }, (_, n) => `${n}`)
const texts = records => records.map(r => r.value.toString())

async function topic(name, numPartitions = 1, configs = {}) {
  const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  await admin.createTopics({ topics: [{ topic: name, numPartitions, replicationFactor: 1, configEntries }] })
  return name
}

// The producer for the length of a function.
async function producing(config, use) {
  const producer = kafka.producer({ allowAutoTopicCreation: false, ...config })
  await producer.connect()
  try {
    return await use(producer)
  } finally {
    await producer.disconnect()
  }
}

const fill = (name, values) => producing({ idempotent: true, maxInFlightRequests: 1 }, producer =>
  producer.send({ topic: name, messages: values.map(value => ({ value, partition: 0 })) }))

const consumer = (groupId, config = {}, clientId = 'suite') =>
  client(clientId).consumer({ groupId, heartbeatInterval: 300, maxWaitTimeInMs: 200, ...config })

// Reads from the beginning, or from where the group stands, until `count` records came; `then(consumer, records)` comes before leaving.
async function read(name, count, { groupId = `reads-${name}-${Date.now()}`, then = async () => {}, ...config } = {}) {
  const reader = consumer(groupId, config)
  const records = []
  await reader.connect()
  await reader.subscribe({ topics: [name], fromBeginning: true })
  await reader.run({ autoCommit: false, eachMessage: async ({ message }) => { if (records.length < count) records.push(message) } })
  try {
    await eventually(`${count} records of ${name}`, () => records.length >= count, 30)
    await then(reader, records)
    return records
  } finally {
    await reader.disconnect()
  }
}

const type = expected => error => {
  assert.equal(error.type ?? error.cause?.type ?? error.errors?.[0]?.type, expected, error.stack)
  return true
}

async function every_codec_and_shape_comes_back_equal() {
  const shapes = [
    { key: 'k', value: 'v', headers: {} }, { key: null, value: 'v', headers: {} }, { key: 'k', value: null, headers: { h: ['1', '2'] } },
    { key: '', value: '', headers: { empty: '' } }]
  const filling = numbers(500).map(n => ({ key: n, value: `${n} `.repeat(100), headers: {} }))
  const sent = [...shapes, ...filling]
  const text = bytes => (Array.isArray(bytes) ? bytes.map(text) : bytes === null ? null : bytes.toString())
  for (const [codec, compression] of Object.entries(CompressionTypes)) {
    const name = await topic(`codec-${codec}`)
    const [written] = await producing({ idempotent: true, maxInFlightRequests: 1 }, producer =>
      producer.send({ topic: name, compression, messages: sent.map(record => ({ ...record, partition: 0 })) }))
    assert.equal(written.baseOffset, '0')
    const back = (await read(name, sent.length)).map(({ key, value, headers }) =>
      ({ key: text(key), value: text(value), headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, text(v)])) }))
    assert.deepEqual(back, sent, codec)
  }
}

async function every_acks_is_answered() {
  const name = await topic('acks')
  await producing({}, async producer => {
    for (const acks of [0, 1, -1]) await producer.send({ topic: name, acks, messages: [{ value: `${acks}`, partition: 0 }] })
  })
  assert.deepEqual(texts(await read(name, 3)), ['0', '1', '-1'])
}

const rebalancing = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']

async function a_group_rebalances() {
  const partitions = 6
  const name = await topic('group', partitions)

  const produce = values => producing({ idempotent: true, maxInFlightRequests: 1 }, producer =>
    producer.send({ topic: name, messages: values.map(n => ({ value: `${n}`, partition: n % partitions })) }))

  async function join(ledger, member) {
    const reader = consumer(name, { partitionAssigners: [PartitionAssigners.roundRobin] }, member)
    reader.on(reader.events.GROUP_JOIN, ({ payload }) => ledger.assigned(member, payload.memberAssignment[name] ?? []))
    reader.on(reader.events.REBALANCING, () => ledger.revoked(member))
    await reader.connect()
    await reader.subscribe({ topics: [name], fromBeginning: true })
    await reader.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const offset = `${BigInt(batch.lastOffset()) + 1n}`
        try {
          await reader.commitOffsets([{ topic: name, partition: batch.partition, offset }])
          ledger.committed(batch.messages.map(m => Number(m.value)))
        } catch (error) { // a rebalance came first: whoever owns the partition then reads the records again
          assert(rebalancing.includes(error.type), error.stack)
          throw error
        }
      },
    })
    return async () => {
      await reader.stop()
      ledger.revoked(member)
      await reader.disconnect()
    }
  }

  async function committed() {
    const [found] = await admin.fetchOffsets({ groupId: name, topics: [name] })
    return found.partitions.sort((a, b) => a.partition - b.partition).map(p => Number(p.offset))
  }

  async function described() {
    const [group] = (await admin.describeGroups([name])).groups
    return { state: group.state, members: group.members.map(m => m.clientId).sort() }
  }

  await groupStory({ partitions, produce, join, committed, described })
}

async function transactions_commit_and_abort() {
  const name = await topic('transactions')
  const sent = [0, 1, 2].map(n => numbers(20).map(m => `${n} ${m}`))
  await producing({ transactionalId: name, idempotent: true, maxInFlightRequests: 1 }, async producer => {
    for (const values of sent) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: name, messages: values.map(value => ({ value, partition: 0 })) })
      await (values === sent[1] ? transaction.abort() : transaction.commit())
    }
    const open = await producer.transaction()
    await open.send({ topic: name, messages: [{ value: 'open', partition: 0 }] })
    assert.deepEqual(texts(await read(name, 61, { readUncommitted: true })), [...sent.flat(), 'open'])
    assert.deepEqual(texts(await read(name, 40)), [...sent[0], ...sent[2]])
    await open.commit()
  })
  assert.deepEqual(texts(await read(name, 41)), [...sent[0], ...sent[2], 'open'])
}

async function a_second_producer_fences_the_first() {
  const name = await topic('fenced')
  const config = { transactionalId: name, idempotent: true, maxInFlightRequests: 1, retry: { retries: 3 } }
  const write = (transaction, value) => transaction.send({ topic: name, messages: [{ value, partition: 0 }] })
  await producing(config, old => producing(config, async young => {
    const late = await old.transaction()
    await write(late, 'old')
    const transaction = await young.transaction()
    await assert.rejects(late.commit(), error => ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'].includes(error.type))
    await write(transaction, 'new')
    await transaction.commit()
  }))
  assert.deepEqual(texts(await read(name, 1)), ['new'])
}

async function offsets_are_part_of_a_transaction() {
  const [source, target] = [await topic('source'), await topic('target')]
  await fill(source, numbers(60))
  const committed = async () => Number((await admin.fetchOffsets({ groupId: source, topics: [source] }))[0].partitions[0].offset)
  let copied = 0
  await producing({ transactionalId: source, idempotent: true, maxInFlightRequests: 1 }, async producer => {
    // Every other transaction is aborted, and its records are read again from where the group stands.
    for (let attempt = 0; attempt < 6; attempt++) {
      await read(source, 20, { groupId: source, then: async (reader, batch) => {
        const transaction = await producer.transaction()
        await transaction.send({ topic: target, messages: batch.map(({ value }) => ({ value, partition: 0 })) })
        const offset = `${BigInt(batch.at(-1).offset) + 1n}`
        await transaction.sendOffsets({ consumerGroupId: source, topics: [{ topic: source, partitions: [{ partition: 0, offset }] }] })
        await (attempt % 2 ? transaction.commit() : transaction.abort())
        copied += attempt % 2 ? 20 : 0
        // The answer to the end of a transaction comes before its markers are written, and the library does not ask for stable offsets.
        await eventually(`${copied} are committed`, async () => (await committed()) === (copied || -1))
      } })
    }
  })
  assert.deepEqual(texts(await read(target, 60)), numbers(60))
}

async function topics_are_created_described_and_deleted() {
  const name = await topic('made', 3, { 'retention.ms': '600000' })
  const create = (topicName, config) => admin.createTopics({ topics: [{ topic: topicName, ...config }] })
  assert.equal(await create(name, {}), false)
  await assert.rejects(create('made-2', { replicationFactor: 3 }), type('INVALID_REPLICATION_FACTOR'))
  assert((await admin.listTopics()).includes(name))
  await admin.createPartitions({ topicPartitions: [{ topic: name, count: 5 }] })
  await eventually('five partitions', async () => (await admin.fetchTopicMetadata({ topics: [name] })).topics[0].partitions.length === 5)
  await assert.rejects(admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] }), type('INVALID_PARTITIONS'))
  await admin.deleteTopics({ topics: [name] })
  const impatient = kafka.admin({ retry: { retries: 0 } })
  await impatient.connect()
  await assert.rejects(impatient.deleteTopics({ topics: [name] }), type('UNKNOWN_TOPIC_OR_PARTITION'))
  await impatient.disconnect()
  const cluster = await admin.describeCluster()
  assert.deepEqual([cluster.brokers.map(b => b.nodeId), cluster.controller], [[1], 1])
}

async function configs_are_described_and_altered() {
  const name = await topic('configs', 1, { 'retention.ms': '600000' })
  const resource = { type: ConfigResourceTypes.TOPIC, name }
  async function described() {
    const { resources: [{ configEntries }] } = await admin.describeConfigs({ resources: [resource] })
    const values = Object.fromEntries(configEntries.map(entry => [entry.configName, entry.configValue]))
    return [values['retention.ms'], values['cleanup.policy']]
  }
  const alter = value => admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value }] }] })
  assert.deepEqual(await described(), ['600000', 'delete'])
  await alter('700000')
  await eventually('the new value', async () => (await described())[0] === '700000')
  await assert.rejects(alter('soon'), type('INVALID_CONFIG'))
}

async function offsets_are_listed_and_records_deleted() {
  const name = await topic('offsets')
  await fill(name, numbers(20))
  // The library deletes only in topics that it has asked about before.
  assert.equal((await admin.fetchTopicOffsets(name))[0].high, '20')
  await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '12' }] })
  const [offsets] = await admin.fetchTopicOffsets(name)
  assert.deepEqual([offsets.low, offsets.high], ['12', '20'])
  assert.equal((await admin.fetchTopicOffsetsByTimestamp(name, 0))[0].offset, '12')
  assert.deepEqual(texts(await read(name, 8)), numbers(20).slice(12))
}

async function groups_are_listed_moved_and_deleted() {
  const name = await topic('moved')
  await fill(name, numbers(10))
  await read(name, 10, { groupId: name, then: async reader => {
    await reader.commitOffsets([{ topic: name, partition: 0, offset: '10', metadata: 'what for' }])
    await assert.rejects(admin.deleteGroups([name]), error => error.groups[0].error.type === 'NON_EMPTY_GROUP')
  } })
  assert.deepEqual((await admin.listGroups()).groups.find(g => g.groupId === name), { groupId: name, protocolType: 'consumer' })
  const stands = async () => {
    const [{ partitions: [{ offset, metadata }] }] = await admin.fetchOffsets({ groupId: name, topics: [name] })
    return [offset, metadata]
  }
  assert.deepEqual(await stands(), ['10', 'what for'])
  await admin.setOffsets({ groupId: name, topic: name, partitions: [{ partition: 0, offset: '4' }] })
  assert.equal((await stands())[0], '4')
  await admin.deleteGroups([name])
  await assert.rejects(admin.deleteGroups([name]), error => error.groups[0].error.type === 'GROUP_ID_NOT_FOUND')
  assert.equal((await stands())[0], '-1')
}

async function access_rules_are_switched_off() {
  const filter = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY }
  await assert.rejects(admin.describeAcls(filter), type('SECURITY_DISABLED'))
  const acl = [{ resourceType: AclResourceTypes.TOPIC, resourceName: 't', resourcePatternType: ResourcePatternTypes.LITERAL, principal: 'User:u', host: '*',
    operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW }]
  await assert.rejects(admin.createAcls({ acl }), type('SECURITY_DISABLED'))
}

admin.connect().then(() => run(`kafkajs ${version}`, [
  every_codec_and_shape_comes_back_equal,
  every_acks_is_answered,
  a_group_rebalances,
  transactions_commit_and_abort,
  a_second_producer_fences_the_first,
  offsets_are_part_of_a_transaction,
  topics_are_created_described_and_deleted,
  configs_are_described_and_altered,
  offsets_are_listed_and_records_deleted,
  groups_are_listed_moved_and_deleted,
  access_rules_are_switched_off,
]))
