// sarama against a broker: codecs, groups eager and cooperative, transactions.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

// What the cases of sarama share.
type saramaCases struct {
	broker string
	admin  sarama.ClusterAdmin
}

func saramaSuite(broker string) {
	s := saramaCases{broker: broker}
	s.admin = get(sarama.NewClusterAdmin([]string{broker}, s.config("admin")))
	runChecks("sarama", []check{
		{"every codec and shape comes back equal", s.everyCodecAndShape},
		{"every acks is answered", s.everyAcks},
		{"a group rebalances eagerly", func() { s.group("range", sarama.NewBalanceStrategyRange()) }},
		{"a group rebalances cooperatively", func() { s.group("cooperative-sticky", sarama.NewBalanceStrategyCooperativeSticky()) }},
		{"transactions commit and abort", s.transactions},
		{"a second producer fences the first", s.fencing},
		{"offsets are part of a transaction", s.offsetsInTransactions},
		{"topics are created, described and deleted", s.topics},
		{"configs are described and altered", s.configs},
		{"offsets are listed and records deleted", s.offsets},
		{"groups are listed, moved and deleted", s.groups},
		{"client quotas are set and taken away", s.clientQuotas},
		{"credentials are stored and never shown", s.credentials},
		{"leaders are elected, partitions moved", s.leaders},
		{"access rules are switched off", s.accessRules},
	})
}

func (s saramaCases) config(clientID string) *sarama.Config {
	config := sarama.NewConfig()
	config.ClientID = clientID
	config.Version = sarama.V4_3_1_0
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.MaxWaitTime = 200 * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	config.Consumer.Group.Rebalance.Retry.Backoff = 200 * time.Millisecond
	return config
}

func (s saramaCases) idempotent() *sarama.Config {
	config := s.config("writer")
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	return config
}

func (s saramaCases) transactional(id string) *sarama.Config {
	config := s.idempotent()
	config.Producer.Transaction.ID = id
	return config
}

func (s saramaCases) producer(config *sarama.Config) sarama.SyncProducer {
	return get(sarama.NewSyncProducer([]string{s.broker}, config))
}

func (s saramaCases) topic(name string, partitions int32, configs ...string) string {
	detail := sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: map[string]*string{}}
	for i := 0; i < len(configs); i += 2 {
		detail.ConfigEntries[configs[i]] = &configs[i+1]
	}
	must(s.admin.CreateTopic(name, &detail, false))
	eventually(name+" is known", func() bool { return get(s.admin.DescribeTopics([]string{name}))[0].Err == sarama.ErrNoError })
	return name
}

// Messages with these values, the n-th for partition n % partitions of a topic.
func messages(topic string, partitions int, values ...string) (made []*sarama.ProducerMessage) {
	for i, value := range values {
		made = append(made, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value), Partition: int32(i % partitions)})
	}
	return made
}

func (s saramaCases) fill(topic string, values ...string) {
	writer := s.producer(s.idempotent())
	must(writer.SendMessages(messages(topic, 1, values...)))
	must(writer.Close())
}

// The first records of partition 0, and that nothing that may be read follows within a moment.
func (s saramaCases) read(topic string, count int, level sarama.IsolationLevel) (found []*sarama.ConsumerMessage) {
	config := s.config("reader")
	config.Consumer.IsolationLevel = level
	reader := get(sarama.NewConsumer([]string{s.broker}, config))
	claim := get(reader.ConsumePartition(topic, 0, sarama.OffsetOldest))
	deadline := time.After(30 * time.Second)
	for len(found) < count {
		select {
		case message := <-claim.Messages():
			found = append(found, message)
		case <-deadline:
			panic(fmt.Sprintf("%d of %d records came", len(found), count))
		}
	}
	select {
	case message := <-claim.Messages():
		panic(fmt.Sprintf("%s follows", message.Value))
	case <-time.After(500 * time.Millisecond):
	}
	must(claim.Close())
	must(reader.Close())
	return found
}

func (s saramaCases) values(topic string, count int, level sarama.IsolationLevel) (texts []string) {
	for _, message := range s.read(topic, count, level) {
		texts = append(texts, string(message.Value))
	}
	return texts
}

func (s saramaCases) everyCodecAndShape() {
	type shape struct {
		key, value []byte
		headers    []sarama.RecordHeader
	}
	header := func(key, value string) sarama.RecordHeader {
		return sarama.RecordHeader{Key: []byte(key), Value: []byte(value)}
	}
	shapes := []shape{
		{[]byte("k"), []byte("v"), nil}, {nil, []byte("v"), nil}, {[]byte(""), []byte(""), []sarama.RecordHeader{header("empty", "")}},
		{[]byte("k"), nil, []sarama.RecordHeader{header("h", "1"), header("h", "2")}},
	}
	for _, n := range numbers(0, 500) {
		shapes = append(shapes, shape{[]byte(n), []byte(n + " and more and more and more"), nil})
	}
	encoder := func(bytes []byte) sarama.Encoder {
		if bytes == nil {
			return nil
		}
		return sarama.ByteEncoder(bytes)
	}
	codecs := []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD}
	for _, codec := range codecs {
		topic := s.topic("codec-"+codec.String(), 1)
		config := s.idempotent()
		config.Producer.Compression = codec
		writer := s.producer(config)
		var sent []*sarama.ProducerMessage
		for _, sh := range shapes {
			sent = append(sent, &sarama.ProducerMessage{Topic: topic, Key: encoder(sh.key), Value: encoder(sh.value), Headers: sh.headers})
		}
		must(writer.SendMessages(sent))
		must(writer.Close())
		for i, message := range s.read(topic, len(shapes), sarama.ReadUncommitted) {
			back := shape{key: message.Key, value: message.Value}
			for _, h := range message.Headers {
				back.headers = append(back.headers, *h)
			}
			equal(codec.String(), back, shapes[i])
		}
	}
}

func (s saramaCases) everyAcks() {
	topic := s.topic("acks", 1)
	for _, acks := range []sarama.RequiredAcks{sarama.NoResponse, sarama.WaitForLocal, sarama.WaitForAll} {
		config := s.config("writer")
		config.Producer.RequiredAcks = acks
		writer := s.producer(config)
		must(writer.SendMessages(messages(topic, 1, "x")))
		must(writer.Close())
	}
	equal("values", s.values(topic, 3, sarama.ReadUncommitted), []string{"x", "x", "x"})
}

// A handler of claims from a function; every partition has a goroutine of its own.
type claims func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error

func (claims) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (claims) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (c claims) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	return c(session, claim)
}

func (s saramaCases) group(name string, strategy sarama.BalanceStrategy) {
	const partitions = 6
	topic := s.topic("group-"+name, partitions)
	writer := s.producer(s.idempotent())
	group{
		partitions: partitions,
		produce:    func(values []string) { must(writer.SendMessages(messages(topic, partitions, values...))) },
		join:       func(l *ledger, member string) func() { return s.join(l, member, topic, strategy) },
		committed: func() (offsets []int64) {
			blocks := get(s.admin.ListConsumerGroupOffsets(topic, nil)).Blocks[topic]
			for p := range int32(partitions) {
				offsets = append(offsets, blocks[p].Offset)
			}
			return offsets
		},
		described: func() (state string, members []string) {
			found := get(s.admin.DescribeConsumerGroups([]string{topic}))[0]
			for _, m := range found.Members {
				members = append(members, m.ClientId)
			}
			return found.State, members
		},
	}.story()
	must(writer.Close())
}

// A member that owns a partition for as long as its claim runs; a rebalance waits for that, and for the commits before.
func (s saramaCases) join(l *ledger, member, topic string, strategy sarama.BalanceStrategy) (leave func()) {
	config := s.config(member)
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	reader := get(sarama.NewConsumerGroup([]string{s.broker}, topic, config))
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		for ctx.Err() == nil {
			err := reader.Consume(ctx, []string{topic}, claims(func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
				l.assigned(member, []int32{claim.Partition()})
				defer l.revoked(member, []int32{claim.Partition()})
				for message := range claim.Messages() {
					batch := []string{string(message.Value)}
					for range len(claim.Messages()) {
						message = <-claim.Messages()
						batch = append(batch, string(message.Value))
					}
					session.MarkMessage(message, "")
					session.Commit()
					l.committed(batch...)
				}
				return nil
			}))
			// Where a rebalance or a coordinator that is still loading comes in between, the library asks to be called again.
			if err != nil && ctx.Err() == nil {
				fmt.Printf("    %s comes again: %v\n", member, err)
				time.Sleep(100 * time.Millisecond)
			}
		}
	}()
	return func() {
		cancel()
		<-left
		must(reader.Close())
	}
}

func (s saramaCases) transactions() {
	topic := s.topic("transactions", 1)
	writer := s.producer(s.transactional(topic))
	write := func(values ...string) {
		must(writer.BeginTxn())
		must(writer.SendMessages(messages(topic, 1, values...)))
	}
	for n, end := range []func() error{writer.CommitTxn, writer.AbortTxn, writer.CommitTxn} {
		write(numbers(20*n, 20*n+20)...)
		must(end())
	}
	committed := append(numbers(0, 20), numbers(40, 60)...)
	write("open")
	equal("uncommitted", s.values(topic, 61, sarama.ReadUncommitted), append(numbers(0, 60), "open"))
	equal("committed", s.values(topic, 40, sarama.ReadCommitted), committed)
	must(writer.CommitTxn())
	equal("committed", s.values(topic, 41, sarama.ReadCommitted), append(committed, "open"))
	must(writer.Close())
}

func (s saramaCases) fencing() {
	topic := s.topic("fenced", 1)
	old := s.producer(s.transactional(topic))
	must(old.BeginTxn())
	must(old.SendMessages(messages(topic, 1, "old")))
	young := s.producer(s.transactional(topic))
	if err := old.CommitTxn(); !errors.Is(err, sarama.ErrInvalidProducerEpoch) && !errors.Is(err, sarama.ErrProducerFenced) {
		panic(err)
	}
	must(young.BeginTxn())
	must(young.SendMessages(messages(topic, 1, "young")))
	must(young.CommitTxn())
	equal("committed", s.values(topic, 1, sarama.ReadCommitted), []string{"young"})
	must(young.Close())
}

func (s saramaCases) offsetsInTransactions() {
	source, target := s.topic("source", 1), s.topic("target", 1)
	s.fill(source, numbers(0, 60)...)
	writer := s.producer(s.transactional(source))
	config := s.config("copier")
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	// Every other transaction is aborted, and its records are read again from where the group stands.
	for attempt := range 6 {
		reader := get(sarama.NewConsumerGroup([]string{s.broker}, source, config))
		ctx, cancel := context.WithCancel(context.Background())
		must(reader.Consume(ctx, []string{source}, claims(func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
			defer cancel()
			must(writer.BeginTxn())
			for range 20 {
				message := <-claim.Messages()
				must(writer.SendMessages(messages(target, 1, string(message.Value))))
				must(writer.AddMessageToTxn(message, source, nil))
			}
			if attempt%2 == 1 {
				return writer.CommitTxn()
			}
			return writer.AbortTxn()
		})))
		must(reader.Close())
	}
	must(writer.Close())
	equal("copied", s.values(target, 60, sarama.ReadCommitted), numbers(0, 60))
	eventually("the group stands at 60", func() bool { return get(s.admin.ListConsumerGroupOffsets(source, nil)).Blocks[source][0].Offset == 60 })
}
