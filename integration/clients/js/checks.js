// What suites in JavaScript share: running cases, waiting with a deadline, and the story of a group whose members come and go.
'use strict'
const assert = require('node:assert/strict')

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

// Runs every case, a named function, in turn; the process fails when one of them does.
async function run(title, cases) {
  let failures = 0
  for (const check of cases) {
    const began = Date.now()
    try {
      await check()
      console.log(`  ok: ${check.name} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    } catch (error) {
      failures++
      console.log(`  FAILED: ${check.name}\n${error.stack}`)
    }
  }
  console.log(`  ${title}: ${cases.length - failures} of ${cases.length} cases passed`)
  process.exit(failures ? 1 : 0)
}

// Waits until the condition holds; fails when that takes too long.
async function eventually(what, condition, seconds = 60) {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition())) {
    assert(Date.now() < deadline, `still not so: ${what}`)
    await pause(50)
  }
}

// Who owns which partition at this moment, and which records are done: those whose offsets a member has committed.
class Ledger {
  owner = new Map()
  done = []
  wrong = []

  assigned(member, partitions) {
    for (const partition of partitions) {
      const other = this.owner.get(partition) ?? member
      if (other !== member) this.wrong.push(`partition ${partition} went to ${member} while ${other} had it`)
      this.owner.set(partition, member)
    }
  }

  revoked(member) {
    for (const partition of this.owned(member)) this.owner.delete(partition)
  }

  committed(records) {
    this.done.push(...records)
  }

  owned(member) {
    return [...this.owner].filter(([, owner]) => owner === member).map(([partition]) => partition).sort()
  }
}

// A second member comes while records flow, and leaves again: no partition has two owners, every record is done once.
// produce(numbers) writes these numbers, number n to partition n % partitions; join(ledger, name) gives a function that leaves;
// committed() gives the group's committed offset of every partition; described() its state and its members' client ids.
async function groupStory({ partitions, produce, join, committed, described }) {
  const third = 50 * partitions
  const numbers = Array.from({ length: 3 * third }, (_, n) => n)
  const everything = Array.from({ length: partitions }, (_, p) => p)
  const ledger = new Ledger()
  const phase = n => produce(numbers.slice(n * third, (n + 1) * third))
  const thirdsDone = n => eventually(`${n} thirds of the records are done`, () => ledger.done.length >= n * third)
  const ownsEverything = () => ledger.owned('first').length === partitions

  await phase(0)
  const firstLeaves = await join(ledger, 'first')
  await eventually('the first member owns everything', ownsEverything)
  await phase(1)
  const secondLeaves = await join(ledger, 'second')
  await eventually('each member owns half', () => ['first', 'second'].every(m => ledger.owned(m).length === partitions / 2))
  await thirdsDone(2)
  assert.deepEqual(await described(), { state: 'Stable', members: ['first', 'second'] })
  await phase(2)
  await secondLeaves()
  await eventually('the first member owns everything again', ownsEverything)
  await thirdsDone(3)
  await firstLeaves()
  assert.deepEqual(ledger.wrong, [])
  assert.deepEqual(ledger.done.sort((a, b) => a - b), numbers, 'records are missing, or done twice')
  assert.deepEqual(await committed(), everything.map(() => 150))
  assert.deepEqual(await described(), { state: 'Empty', members: [] })
}

module.exports = { eventually, groupStory, run }
