// franz-go's admin client against a broker.
package main

import (
	"context"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func refused(err, expected error) {
	if !errors.Is(err, expected) {
		panic(err)
	}
}

func (f franz) topics() {
	ctx := context.Background()
	name := f.topic("made", 3, "retention.ms", "600000")
	create := func(name string, replicas int16, configs map[string]*string) error {
		_, err := f.admin.CreateTopic(ctx, 1, replicas, configs, name)
		return err
	}
	refused(create(name, 1, nil), kerr.TopicAlreadyExists)
	refused(create("made-2", 3, nil), kerr.InvalidReplicationFactor)
	refused(create("made-3", 1, map[string]*string{"retention.ms": kadm.StringPtr("soon")}), kerr.InvalidConfig)
	partitions := func() int { return len(get(f.admin.ListTopics(ctx, name))[name].Partitions) }
	equal("partitions", partitions(), 3)
	must(get(f.admin.UpdatePartitions(ctx, 5, name)).Error())
	eventually("five partitions", func() bool { return partitions() == 5 })
	refused(get(f.admin.UpdatePartitions(ctx, 2, name))[name].Err, kerr.InvalidPartitions)
	must(get(f.admin.DeleteTopic(ctx, name)).Err)
	_, err := f.admin.DeleteTopic(ctx, name)
	refused(err, kerr.UnknownTopicOrPartition)
	brokers := get(f.admin.ListBrokers(ctx))
	equal("brokers", brokers.NodeIDs(), []int32{1})
}

func (f franz) configs() {
	ctx := context.Background()
	name := f.topic("configs", 1, "retention.ms", "600000")
	described := func() map[string]string {
		found := map[string]string{}
		for _, config := range get(get(f.admin.DescribeTopicConfigs(ctx, name)).On(name, nil)).Configs {
			found[config.Key] = config.MaybeValue()
		}
		return found
	}
	alter := func(op kadm.IncrementalOp, key, value string) error {
		answer := get(f.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: op, Name: key, Value: &value}}, name))
		return get(answer.On(name, nil)).Err
	}
	equal("retention", described()["retention.ms"], "600000")
	must(alter(kadm.SetConfig, "retention.ms", "700000"))
	must(alter(kadm.AppendConfig, "cleanup.policy", "compact"))
	eventually("the new values", func() bool {
		found := described()
		return found["retention.ms"] == "700000" && found["cleanup.policy"] == "delete,compact"
	})
	refused(alter(kadm.SetConfig, "retention.ms", "soon"), kerr.InvalidConfig)
}

func (f franz) offsets() {
	ctx := context.Background()
	name := f.topic("offsets", 1)
	f.fill(name, numbers(0, 20)...)
	listed := func(offsets kadm.ListedOffsets, err error) int64 {
		must(err)
		must(offsets.Error())
		return offsets[name][0].Offset
	}
	equal("start", listed(f.admin.ListStartOffsets(ctx, name)), int64(0))
	equal("end", listed(f.admin.ListEndOffsets(ctx, name)), int64(20))
	equal("committed", listed(f.admin.ListCommittedOffsets(ctx, name)), int64(20))
	equal("local start", listed(f.admin.ListLocalLogStartOffsets(ctx, name)), int64(0))
	equal("after a time", listed(f.admin.ListOffsetsAfterMilli(ctx, 1, name)), int64(0))
	deleteUpTo := func(offset int64) kadm.DeleteRecordsResponse {
		var offsets kadm.Offsets
		offsets.AddOffset(name, 0, offset, -1)
		return get(f.admin.DeleteRecords(ctx, offsets))[name][0]
	}
	answer := deleteUpTo(12)
	must(answer.Err)
	equal("low watermark", answer.LowWatermark, int64(12))
	equal("start", listed(f.admin.ListStartOffsets(ctx, name)), int64(12))
	refused(deleteUpTo(21).Err, kerr.OffsetOutOfRange)
}

func (f franz) groups() {
	ctx := context.Background()
	name := f.topic("moved", 1)
	f.fill(name, numbers(0, 10)...)
	reader := f.client(kgo.ConsumerGroup(name), kgo.ConsumeTopics(name), kgo.DisableAutoCommit())
	must(reader.CommitRecords(ctx, read(reader, 10)...))
	_, err := f.admin.DeleteGroup(ctx, name)
	refused(err, kerr.NonEmptyGroup)
	reader.Close()

	stands := func() int64 { return get(f.admin.FetchOffsets(ctx, name))[name][0].At }
	move := func(offset int64) {
		var offsets kadm.Offsets
		offsets.AddOffset(name, 0, offset, -1)
		must(f.admin.CommitAllOffsets(ctx, name, offsets))
	}
	equal("the group stands", stands(), int64(10))
	move(4)
	equal("the group stands", stands(), int64(4))
	lag, _ := get(f.admin.Lag(ctx, name))[name].Lag.Lookup(name, 0)
	equal("lag", lag.Lag, int64(6))
	listed := get(f.admin.ListGroupsByType(ctx, []string{"classic"}, "Empty"))
	equal("listed", listed[name], kadm.ListedGroup{Coordinator: 1, Group: name, GroupType: "classic", ProtocolType: "consumer", State: "Empty"})
	get(f.admin.DeleteOffsets(ctx, name, kadm.TopicsSet{name: {0: {}}}))
	equal("offsets", len(get(f.admin.FetchOffsets(ctx, name))), 0)
	move(7)
	get(f.admin.DeleteGroup(ctx, name))
	_, err = f.admin.DeleteGroup(ctx, name)
	refused(err, kerr.GroupIDNotFound)
}

func (f franz) describedTransactions() {
	ctx := context.Background()
	name := f.topic("described", 1)
	writer := f.client(kgo.TransactionalID(name))
	defer writer.Close()
	must(writer.BeginTransaction())
	must(writer.ProduceSync(ctx, records(name, "open")...).FirstErr())

	found := get(get(f.admin.DescribeTransactions(ctx, name)).On(name, nil))
	equal("state", found.State, "Ongoing")
	equal("partitions", found.Topics, kadm.TopicsSet{name: {0: {}}})
	listed := get(f.admin.ListTransactions(ctx, []int64{found.ProducerID}, []string{"Ongoing"}))
	equal("listed", listed.TransactionalIDs(), []string{name})
	active := get(f.admin.DescribeProducers(ctx, kadm.TopicsSet{name: {0: {}}})).SortedProducers()
	equal("producers", len(active), 1)
	equal("producer", active[0].ProducerID, found.ProducerID)
	equal("first offset of the transaction", active[0].CurrentTxnStartOffset, int64(0))

	must(writer.EndTransaction(ctx, kgo.TryAbort))
	eventually("the transaction is aborted", func() bool {
		return get(get(f.admin.DescribeTransactions(ctx, name)).On(name, nil)).State == "CompleteAbort"
	})
}

func (f franz) clientQuotas() {
	ctx := context.Background()
	entity := kadm.ClientQuotaEntity{{Type: "client-id", Name: kadm.StringPtr("slow")}}
	alter := func(key string, remove bool) error {
		ops := []kadm.AlterClientQuotaOp{{Key: key, Value: 1024, Remove: remove}}
		return get(f.admin.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{{Entity: entity, Ops: ops}}))[0].Err
	}
	described := func() (found []string) {
		filter := []kadm.DescribeClientQuotaComponent{{Type: "client-id", MatchName: kadm.StringPtr("slow")}}
		for _, quota := range get(f.admin.DescribeClientQuotas(ctx, true, filter)) {
			for _, value := range quota.Values {
				found = append(found, quota.Entity.String()+" "+value.String())
			}
		}
		return found
	}
	must(alter("producer_byte_rate", false))
	eventually("the quota", func() bool {
		return slices.Equal(described(), []string{"{client-id=slow} producer_byte_rate=1024.000000"})
	})
	refused(alter("speed", false), kerr.InvalidRequest)
	must(alter("producer_byte_rate", true))
	eventually("no quota", func() bool { return len(described()) == 0 })
}

func (f franz) credentials() {
	ctx := context.Background()
	described := func() kadm.DescribedUserSCRAM { return get(f.admin.DescribeUserSCRAMs(ctx, "carol"))["carol"] }
	upsert := kadm.UpsertSCRAM{User: "carol", Mechanism: kadm.ScramSha256, Iterations: 4096, Password: "secret"}
	must(get(f.admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{upsert}))["carol"].Err)
	expected := []kadm.CredInfo{{Mechanism: kadm.ScramSha256, Iterations: 4096}}
	eventually("the credential", func() bool { return slices.Equal(described().CredInfos, expected) })
	deletion := []kadm.DeleteSCRAM{{User: "carol", Mechanism: kadm.ScramSha256}}
	must(get(f.admin.AlterUserSCRAMs(ctx, deletion, nil))["carol"].Err)
	eventually("no credential", func() bool { return errors.Is(described().Err, kerr.ResourceNotFound) })
	_, err := f.admin.DescribeDelegationTokens(ctx)
	refused(err, kerr.DelegationTokenRequestNotAllowed)
}

func (f franz) leaders() {
	ctx := context.Background()
	name := f.topic("elected", 1)
	f.fill(name, numbers(0, 10)...)
	elected := get(f.admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{name: {0: {}}}))
	refused(elected[name][0].Err, kerr.ElectionNotNeeded)
	var moves kadm.AlterPartitionAssignmentsReq
	moves.Assign(name, 0, []int32{1})
	must(get(f.admin.AlterPartitionAssignments(ctx, moves))[name][0].Err)
	eventually("nothing moves", func() bool {
		return len(get(f.admin.ListPartitionReassignments(ctx, kadm.TopicsSet{name: {0: {}}}))[name]) == 0
	})

	var ends kadm.OffsetForLeaderEpochRequest
	ends.Add(name, 0, 0)
	end := get(f.admin.OffsetForLeaderEpoch(ctx, ends))[name][0]
	must(end.Err)
	equal("end of the epoch", end.EndOffset, int64(10))
	for _, directories := range get(f.admin.DescribeAllLogDirs(ctx, kadm.TopicsSet{name: {0: {}}})) {
		for _, directory := range directories {
			must(directory.Err)
			partition, _ := directory.Topics.Lookup(name, 0)
			equal("something lies there", partition.Size > 0, true)
		}
	}
}

func (f franz) accessRules() {
	ctx := context.Background()
	described := get(f.admin.DescribeACLs(ctx, kadm.NewACLs().Topics().Allow().AllowHosts().Operations().ResourcePatternType(kadm.ACLPatternAny)))
	refused(described[0].Err, kerr.SecurityDisabled)
	created := get(f.admin.CreateACLs(ctx, kadm.NewACLs().Topics("t").Allow("User:u").AllowHosts("*").Operations(kadm.OpRead)))
	refused(created[0].Err, kerr.SecurityDisabled)
}
