// franz-go against a broker: codecs, groups under all three ways to rebalance, transactions.
package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What the cases of franz-go share.
type franz struct {
	broker string
	admin  *kadm.Client
}

func franzSuite(broker string) {
	f := franz{broker: broker}
	f.admin = kadm.NewClient(f.client())
	runChecks("franz-go", []check{
		{"every codec and shape comes back equal", f.everyCodecAndShape},
		{"every acks is answered", f.everyAcks},
		{"a group rebalances eagerly", func() { f.group("range", kgo.Balancers(kgo.RangeBalancer())) }},
		{"a group rebalances cooperatively", func() { f.group("cooperative-sticky", kgo.Balancers(kgo.CooperativeStickyBalancer())) }},
		{"a group is balanced by the broker", func() { f.group("consumer", kgo.Balancers(kgo.StickyBalancer()), kgo.ServerSideBalancer()) }},
		{"transactions commit and abort", f.transactions},
		{"a second producer fences the first", f.fencing},
		{"offsets are part of a transaction", f.offsetsInTransactions},
		{"topics are created, described and deleted", f.topics},
		{"configs are described and altered", f.configs},
		{"offsets are listed and records deleted", f.offsets},
		{"groups are listed, moved and deleted", f.groups},
		{"transactions are described", f.describedTransactions},
		{"client quotas are set and taken away", f.clientQuotas},
		{"credentials are stored and never shown", f.credentials},
		{"leaders are elected, partitions moved", f.leaders},
		{"access rules are switched off", f.accessRules},
	})
}

func (f franz) client(options ...kgo.Opt) *kgo.Client {
	defaults := []kgo.Opt{
		kgo.SeedBrokers(f.broker), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchMaxWait(200 * time.Millisecond),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}
	return get(kgo.NewClient(append(defaults, options...)...))
}

func (f franz) topic(name string, partitions int32, configs ...string) string {
	given := map[string]*string{}
	for i := 0; i < len(configs); i += 2 {
		given[configs[i]] = &configs[i+1]
	}
	get(f.admin.CreateTopic(context.Background(), partitions, 1, given, name))
	eventually(name+" is known", func() bool {
		found := get(f.admin.ListTopics(context.Background(), name))
		return found[name].Err == nil
	})
	return name
}

// Records with these values for partition 0 of a topic.
func records(topic string, values ...string) (made []*kgo.Record) {
	for _, value := range values {
		made = append(made, &kgo.Record{Topic: topic, Value: []byte(value)})
	}
	return made
}

func (f franz) fill(topic string, values ...string) {
	writer := f.client()
	defer writer.Close()
	must(writer.ProduceSync(context.Background(), records(topic, values...)...).FirstErr())
}

// The next records of a reader; fails when they do not come.
func read(reader *kgo.Client, count int) (found []*kgo.Record) {
	deadline, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for len(found) < count {
		fetches := reader.PollRecords(deadline, count-len(found))
		must(fetches.Err0())
		found = append(found, fetches.Records()...)
	}
	return found
}

func values(found []*kgo.Record) (texts []string) {
	for _, record := range found {
		texts = append(texts, string(record.Value))
	}
	return texts
}

// The first values of a topic, and that nothing that may be read follows within a moment.
func (f franz) allValues(topic string, count int, level kgo.IsolationLevel) []string {
	reader := f.client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(level))
	defer reader.Close()
	found := read(reader, count)
	moment, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	equal("what follows", values(reader.PollRecords(moment, 10).Records()), []string(nil))
	return values(found)
}

func (f franz) everyCodecAndShape() {
	header := func(key string, value []byte) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: value} }
	type shape struct {
		key, value []byte
		headers    []kgo.RecordHeader
	}
	shapes := []shape{
		{[]byte("k"), []byte("v"), nil}, {nil, []byte("v"), nil}, {[]byte(""), []byte(""), []kgo.RecordHeader{header("empty", []byte{})}},
		{[]byte("k"), nil, []kgo.RecordHeader{header("h", []byte("1")), header("h", []byte("2")), header("none", nil)}},
	}
	for _, n := range numbers(0, 500) {
		shapes = append(shapes, shape{[]byte(n), slices.Repeat([]byte(n), 100), nil})
	}
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	for name, codec := range codecs {
		topic := f.topic("codec-"+name, 1)
		writer := f.client(kgo.ProducerBatchCompression(codec))
		var sent []*kgo.Record
		for _, s := range shapes {
			sent = append(sent, &kgo.Record{Topic: topic, Key: s.key, Value: s.value, Headers: s.headers})
		}
		must(writer.ProduceSync(context.Background(), sent...).FirstErr())
		writer.Close()
		reader := f.client(kgo.ConsumeTopics(topic))
		for i, record := range read(reader, len(shapes)) {
			equal(name+" offset", record.Offset, int64(i))
			equal(name, shape{record.Key, record.Value, record.Headers}, shapes[i])
		}
		reader.Close()
	}
}

func (f franz) everyAcks() {
	topic := f.topic("acks", 1)
	for _, acks := range []kgo.Acks{kgo.NoAck(), kgo.LeaderAck(), kgo.AllISRAcks()} {
		writer := f.client(kgo.RequiredAcks(acks), kgo.DisableIdempotentWrite())
		must(writer.ProduceSync(context.Background(), records(topic, "x")...).FirstErr())
		writer.Close()
	}
	equal("values", f.allValues(topic, 3, kgo.ReadUncommitted()), []string{"x", "x", "x"})
}

// A member of a group; `pending` are records whose commit a rebalance refused and which are still its own.
type franzMember struct {
	sync.Mutex
	client  *kgo.Client
	pending []*kgo.Record
	leaving chan struct{}
	left    chan struct{}
}

func (f franz) group(name string, options ...kgo.Opt) {
	const partitions = 6
	ctx := context.Background()
	topic := f.topic("group-"+name, partitions)
	writer := f.client()
	defer writer.Close()

	group{
		partitions: partitions,
		produce: func(values []string) {
			made := records(topic, values...)
			for i, record := range made {
				record.Partition = int32(i % partitions)
			}
			must(writer.ProduceSync(ctx, made...).FirstErr())
		},
		join: func(l *ledger, member string) func() {
			m := &franzMember{leaving: make(chan struct{}), left: make(chan struct{})}
			gone := func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
				m.Lock()
				defer m.Unlock()
				m.pending = slices.DeleteFunc(m.pending, func(r *kgo.Record) bool { return slices.Contains(lost[topic], r.Partition) })
				l.revoked(member, lost[topic])
			}
			m.client = f.client(append(options,
				kgo.ClientID(member), kgo.ConsumerGroup(topic), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
				kgo.HeartbeatInterval(500*time.Millisecond), kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone),
				kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, won map[string][]int32) { l.assigned(member, won[topic]) }))...)
			go func() {
				defer close(m.left)
				if wrong := caught(func() { m.work(l) }); wrong != "" {
					l.failed(wrong)
				}
			}()
			return func() {
				close(m.leaving)
				<-m.left
			}
		},
		committed: func() (offsets []int64) {
			for _, at := range get(f.admin.FetchOffsets(ctx, topic)).Sorted() {
				offsets = append(offsets, at.At)
			}
			return offsets
		},
		described: func() (state string, members []string) {
			if name == "consumer" {
				found := get(f.admin.DescribeConsumerGroups(ctx, topic))[topic]
				for _, m := range found.Members {
					members = append(members, m.ClientID)
				}
				return found.State, members
			}
			found := get(f.admin.DescribeGroups(ctx, topic))[topic]
			for _, m := range found.Members {
				members = append(members, m.ClientID)
			}
			return found.State, members
		},
	}.story()
}

// Reads and commits until it is to leave.
func (m *franzMember) work(l *ledger) {
	defer m.client.CloseAllowingRebalance()
	for {
		select {
		case <-m.leaving:
			return
		default:
		}
		moment, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		found := m.client.PollRecords(moment, 100).Records()
		cancel()
		m.commit(l, found)
		m.client.AllowRebalance()
	}
}

func (m *franzMember) commit(l *ledger, found []*kgo.Record) {
	m.Lock()
	defer m.Unlock()
	m.pending = append(m.pending, found...)
	if len(m.pending) == 0 {
		return
	}
	// What a rebalance refuses is committed later where it stays here; the new owner reads the rest again.
	switch err := m.client.CommitRecords(context.Background(), m.pending...); {
	case err == nil:
		l.committed(values(m.pending)...)
		m.pending = nil
	case errors.Is(err, kerr.RebalanceInProgress), errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.UnknownMemberID),
		errors.Is(err, kerr.StaleMemberEpoch):
	default:
		panic(err)
	}
}

func (f franz) transactions() {
	ctx := context.Background()
	topic := f.topic("transactions", 1)
	writer := f.client(kgo.TransactionalID(topic))
	defer writer.Close()
	write := func(values ...string) {
		must(writer.BeginTransaction())
		must(writer.ProduceSync(ctx, records(topic, values...)...).FirstErr())
	}
	for n, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		write(numbers(20*n, 20*n+20)...)
		must(writer.EndTransaction(ctx, end))
	}
	committed := append(numbers(0, 20), numbers(40, 60)...)
	write("open")
	equal("uncommitted", f.allValues(topic, 61, kgo.ReadUncommitted()), append(numbers(0, 60), "open"))
	equal("committed", f.allValues(topic, 40, kgo.ReadCommitted()), committed)
	must(writer.EndTransaction(ctx, kgo.TryCommit))
	equal("committed", f.allValues(topic, 41, kgo.ReadCommitted()), append(committed, "open"))
}

func (f franz) fencing() {
	ctx := context.Background()
	topic := f.topic("fenced", 1)
	old, young := f.client(kgo.TransactionalID(topic)), f.client(kgo.TransactionalID(topic))
	defer old.Close()
	defer young.Close()
	must(old.BeginTransaction())
	must(old.ProduceSync(ctx, records(topic, "old")...).FirstErr())
	must(young.BeginTransaction())
	must(young.ProduceSync(ctx, records(topic, "young")...).FirstErr())
	if err := old.EndTransaction(ctx, kgo.TryCommit); !errors.Is(err, kerr.InvalidProducerEpoch) && !errors.Is(err, kerr.ProducerFenced) {
		panic(err)
	}
	must(young.EndTransaction(ctx, kgo.TryCommit))
	equal("committed", f.allValues(topic, 1, kgo.ReadCommitted()), []string{"young"})
}

func (f franz) offsetsInTransactions() {
	ctx := context.Background()
	source, target := f.topic("source", 1), f.topic("target", 1)
	f.fill(source, numbers(0, 80)...)
	session := get(kgo.NewGroupTransactSession(
		kgo.SeedBrokers(f.broker), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID(source), kgo.ConsumerGroup(source),
		kgo.ConsumeTopics(source), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(200*time.Millisecond)))
	defer session.Close()
	// Every other transaction is aborted, and its records are read again from where the group stands.
	for attempt := range 8 {
		must(session.Begin())
		batch := read(session.Client(), 20)
		must(session.ProduceSync(ctx, records(target, values(batch)...)...).FirstErr())
		committed := get(session.End(ctx, attempt%2 == 1))
		equal("committed", committed, attempt%2 == 1)
	}
	equal("copied", f.allValues(target, 80, kgo.ReadCommitted()), numbers(0, 80))
	eventually("the group stands at 80", func() bool { return get(f.admin.FetchOffsets(ctx, source))[source][0].At == 80 })
}
