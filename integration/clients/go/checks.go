// What the suites in Go share: running cases, waiting with a deadline, and the story of a group whose members come and go.
package main

import (
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A named case; it panics where what it finds is wrong.
type check struct {
	name string
	run  func()
}

func runChecks(title string, checks []check) {
	failures := 0
	for _, c := range checks {
		began := time.Now()
		if wrong := caught(c.run); wrong != "" {
			failures++
			fmt.Printf("  FAILED: %s\n%s\n", c.name, wrong)
		} else {
			fmt.Printf("  ok: %s (%.1f s)\n", c.name, time.Since(began).Seconds())
		}
	}
	fmt.Printf("  %s: %d of %d cases passed\n", title, len(checks)-failures, len(checks))
	if failures > 0 {
		os.Exit(1)
	}
}

// What a function panics with, and where.
func caught(run func()) (wrong string) {
	defer func() {
		if p := recover(); p != nil {
			wrong = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	run()
	return ""
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func get[T any](value T, err error) T {
	must(err)
	return value
}

func equal(what string, found, expected any) {
	if !reflect.DeepEqual(found, expected) {
		panic(fmt.Sprintf("%s: %v instead of %v", what, found, expected))
	}
}

func eventually(what string, condition func() bool) {
	for deadline := time.Now().Add(60 * time.Second); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			panic("still not so: " + what)
		}
	}
}

// The numbers from first up to end, as values of records.
func numbers(first, end int) []string {
	var found []string
	for n := first; n < end; n++ {
		found = append(found, strconv.Itoa(n))
	}
	return found
}

// A ledger says who owns which partition at this moment, and which records are done: those whose offsets a member has committed.
type ledger struct {
	sync.Mutex
	owner map[int32]string
	done  []string
	wrong []string
}

func (l *ledger) assigned(member string, partitions []int32) {
	l.Lock()
	defer l.Unlock()
	for _, p := range partitions {
		if other, owned := l.owner[p]; owned && other != member {
			l.wrong = append(l.wrong, fmt.Sprintf("partition %d went to %s while %s had it", p, member, other))
		}
		l.owner[p] = member
	}
}

func (l *ledger) revoked(member string, partitions []int32) {
	l.Lock()
	defer l.Unlock()
	for _, p := range partitions {
		if l.owner[p] == member {
			delete(l.owner, p)
		}
	}
}

func (l *ledger) committed(values ...string) {
	l.Lock()
	defer l.Unlock()
	l.done = append(l.done, values...)
}

func (l *ledger) failed(wrong string) {
	l.Lock()
	defer l.Unlock()
	l.wrong = append(l.wrong, wrong)
}

func (l *ledger) owned(member string) (count int) {
	l.Lock()
	defer l.Unlock()
	for _, owner := range l.owner {
		if owner == member {
			count++
		}
	}
	return count
}

func (l *ledger) doneAtLeast(count int) bool {
	l.Lock()
	defer l.Unlock()
	return len(l.done) >= count
}

// A group that the story is told of: how its records are written, how a member joins (the answer leaves), where it stands, and what the broker
// says about it: its state and its members' client ids.
type group struct {
	partitions int
	produce    func(values []string)
	join       func(l *ledger, member string) (leave func())
	committed  func() []int64
	described  func() (state string, members []string)
}

// A second member comes while records flow, and leaves again: no partition has two owners, every record is done once.
func (g group) story() {
	l := &ledger{owner: map[int32]string{}}
	third := 50 * g.partitions
	phase := func(n int) { g.produce(numbers(n*third, (n+1)*third)) }
	ownsEverything := func() bool { return l.owned("first") == g.partitions }
	describedAs := func(state string, members ...string) {
		foundState, foundMembers := g.described()
		slices.Sort(foundMembers)
		equal("the group", append([]string{foundState}, foundMembers...), append([]string{state}, members...))
	}

	phase(0)
	firstLeaves := g.join(l, "first")
	eventually("the first member owns everything", ownsEverything)
	phase(1)
	secondLeaves := g.join(l, "second")
	eventually("each member owns half", func() bool { return l.owned("first") == g.partitions/2 && l.owned("second") == g.partitions/2 })
	eventually("two thirds of the records are done", func() bool { return l.doneAtLeast(2 * third) })
	describedAs("Stable", "first", "second")
	phase(2)
	secondLeaves()
	eventually("the first member owns everything again", ownsEverything)
	eventually("all records are done", func() bool { return l.doneAtLeast(3 * third) })
	firstLeaves()

	l.Lock()
	defer l.Unlock()
	equal("what went wrong", l.wrong, []string(nil))
	expected := numbers(0, 3*third)
	slices.Sort(l.done)
	slices.Sort(expected)
	equal("the records that are done", l.done, expected)
	equal("the committed offsets", g.committed(), slices.Repeat([]int64{150}, g.partitions))
	describedAs("Empty")
}
