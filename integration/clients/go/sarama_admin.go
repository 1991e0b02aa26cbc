// sarama's admin client against a broker.
package main

import "github.com/IBM/sarama"

func (s saramaCases) topics() {
	name := s.topic("made", 3, "retention.ms", "600000")
	refused(s.admin.CreateTopic(name, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false), sarama.ErrTopicAlreadyExists)
	refused(s.admin.CreateTopic("made-2", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 3}, false), sarama.ErrInvalidReplicationFactor)
	equal("partitions", len(get(s.admin.DescribeTopics([]string{name}))[0].Partitions), 3)
	equal("retention", *get(s.admin.ListTopics())[name].ConfigEntries["retention.ms"], "600000")
	must(s.admin.CreatePartitions(name, 5, nil, false))
	eventually("five partitions", func() bool { return len(get(s.admin.DescribeTopics([]string{name}))[0].Partitions) == 5 })
	refused(s.admin.CreatePartitions(name, 2, nil, false), sarama.ErrInvalidPartitions)
	must(s.admin.DeleteTopic(name))
	refused(s.admin.DeleteTopic(name), sarama.ErrUnknownTopicOrPartition)
	brokers, controller, err := s.admin.DescribeCluster()
	must(err)
	equal("brokers and controller", []int32{int32(len(brokers)), controller}, []int32{1, 1})
	for _, directory := range get(s.admin.DescribeLogDirs([]int32{1}))[1] {
		equal("log directory", directory.ErrorCode, sarama.ErrNoError)
	}
}

func (s saramaCases) configs() {
	name := s.topic("configs", 1, "retention.ms", "600000")
	described := func() map[string]string {
		found := map[string]string{}
		for _, entry := range get(s.admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: name})) {
			found[entry.Name] = entry.Value
		}
		return found
	}
	set := func(value string) error {
		entry := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
		return s.admin.IncrementalAlterConfig(sarama.TopicResource, name, map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": entry}, false)
	}
	equal("retention", described()["retention.ms"], "600000")
	must(set("700000"))
	eventually("the new value", func() bool { return described()["retention.ms"] == "700000" })
	refused(set("soon"), sarama.ErrInvalidConfig)
}

func (s saramaCases) offsets() {
	name := s.topic("offsets", 1)
	s.fill(name, numbers(0, 20)...)
	listed := func(at int64) int64 {
		answer := get(s.admin.ListOffsets(map[string]map[int32]int64{name: {0: at}}, nil))[name][0]
		equal("error", answer.Err, sarama.ErrNoError)
		return answer.Offset
	}
	equal("start", listed(sarama.OffsetOldest), int64(0))
	equal("end", listed(sarama.OffsetNewest), int64(20))
	equal("after a time", listed(1), int64(0))
	must(s.admin.DeleteRecords(name, map[int32]int64{0: 12}))
	equal("start", listed(sarama.OffsetOldest), int64(12))
	refused(s.admin.DeleteRecords(name, map[int32]int64{0: 21}), sarama.ErrOffsetOutOfRange)
}

func (s saramaCases) groups() {
	name := "moved"
	s.topic(name, 1)
	stands := func() sarama.OffsetFetchResponseBlock {
		return *get(s.admin.ListConsumerGroupOffsets(name, map[string][]int32{name: {0}})).Blocks[name][0]
	}
	move := func(offset int64) {
		to := sarama.OffsetAndMetadata{Offset: offset, Metadata: "what for", LeaderEpoch: -1}
		get(s.admin.AlterConsumerGroupOffsets(name, map[string]map[int32]sarama.OffsetAndMetadata{name: {0: to}}, nil))
	}
	move(4)
	equal("the group stands", stands().Offset, int64(4))
	equal("metadata", stands().Metadata, "what for")
	_, listed := get(s.admin.ListConsumerGroups())[name]
	equal("listed", listed, true)
	must(s.admin.DeleteConsumerGroupOffset(name, name, 0))
	equal("the group stands", stands().Offset, int64(-1))
	move(7)
	must(s.admin.DeleteConsumerGroup(name))
	refused(s.admin.DeleteConsumerGroup(name), sarama.ErrGroupIDNotFound)
}

func (s saramaCases) clientQuotas() {
	entity := []sarama.QuotaEntityComponent{{EntityType: sarama.QuotaEntityUser, MatchType: sarama.QuotaMatchExact, Name: "slow"}}
	alter := func(key string, remove bool) error {
		return s.admin.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: key, Value: 2048, Remove: remove}, false)
	}
	described := func() []sarama.DescribeClientQuotasEntry {
		filter := []sarama.QuotaFilterComponent{{EntityType: sarama.QuotaEntityUser, MatchType: sarama.QuotaMatchExact, Match: "slow"}}
		return get(s.admin.DescribeClientQuotas(filter, true))
	}
	must(alter("consumer_byte_rate", false))
	eventually("the quota", func() bool { return len(described()) == 1 && described()[0].Values["consumer_byte_rate"] == 2048 })
	equal("a wrong key", alter("speed", false).Error(), "Invalid configuration key speed")
	must(alter("consumer_byte_rate", true))
	eventually("no quota", func() bool { return len(described()) == 0 })
}

func (s saramaCases) credentials() {
	described := func() *sarama.DescribeUserScramCredentialsResult {
		return get(s.admin.DescribeUserScramCredentials([]string{"dave"}))[0]
	}
	upsert := sarama.AlterUserScramCredentialsUpsert{Name: "dave", Mechanism: sarama.SCRAM_MECHANISM_SHA_512, Iterations: 8192, Salt: []byte("salt"), Password: []byte("secret")}
	equal("error", get(s.admin.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{upsert}))[0].ErrorCode, sarama.ErrNoError)
	eventually("the credential", func() bool {
		infos := described().CredentialInfos
		return len(infos) == 1 && *infos[0] == sarama.UserScramCredentialsResponseInfo{Mechanism: sarama.SCRAM_MECHANISM_SHA_512, Iterations: 8192}
	})
	deletion := sarama.AlterUserScramCredentialsDelete{Name: "dave", Mechanism: sarama.SCRAM_MECHANISM_SHA_512}
	equal("error", get(s.admin.DeleteUserScramCredentials([]sarama.AlterUserScramCredentialsDelete{deletion}))[0].ErrorCode, sarama.ErrNoError)
	eventually("no credential", func() bool { return len(described().CredentialInfos) == 0 })
}

func (s saramaCases) leaders() {
	name := s.topic("elected", 1)
	elected := get(s.admin.ElectLeaders(sarama.PreferredElection, map[string][]int32{name: {0}}))
	equal("election", elected[name][0].ErrorCode, sarama.ErrElectionNotNeeded)
	must(s.admin.AlterPartitionReassignments(name, [][]int32{{1}}))
	eventually("nothing moves", func() bool { return len(get(s.admin.ListPartitionReassignments(name, []int32{0}))[name]) == 0 })
}

func (s saramaCases) accessRules() {
	everything := sarama.AclFilter{Version: 1, ResourceType: sarama.AclResourceAny, ResourcePatternTypeFilter: sarama.AclPatternAny,
		Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny}
	_, err := s.admin.ListAcls(everything)
	refused(err, sarama.ErrSecurityDisabled)
	resource := sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: "t", ResourcePatternType: sarama.AclPatternLiteral}
	rule := sarama.Acl{Principal: "User:u", Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow}
	refused(s.admin.CreateACL(resource, rule), sarama.ErrSecurityDisabled)
}
