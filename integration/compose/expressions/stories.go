package main

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// How far into a story it is asked whether an alert is on; the samples are a minute apart.
const moment = 60 * time.Minute

// A story: which alerts are on, and the series that tell it.
var story = regexp.MustCompile(`(?m)^# on: *(.*)\n((?:[^#\n].*\n)+)`)

// Plays every story and compares the alerts whose expression holds at its end with those that it names.
func checkStories(path, rulesPath string) (count int) {
	groups, errs := rulefmt.ParseFile(rulesPath, false)
	if len(errs) > 0 {
		return 0 // said before
	}
	told := map[string]bool{}
	for _, found := range story.FindAllStringSubmatch(string(read(path)), -1) {
		wanted := strings.Fields(found[1])
		load := "load 1m\n"
		for _, line := range strings.Split(strings.TrimSpace(found[2]), "\n") {
			load += "  " + line + "\n"
		}
		on, err := alerts(groups, load)
		if err != nil {
			problem("%s: %v in a story of %s", path, err, found[1])
		} else if strings.Join(on, " ") != strings.Join(wanted, " ") {
			problem("%s: a story of [%s] turns on [%s]", path, found[1], strings.Join(on, " "))
		}
		for _, name := range wanted {
			told[name] = true
		}
		count++
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if rule.Alert != "" && !told[rule.Alert] {
				problem("%s: no story turns %s on", path, rule.Alert)
			}
		}
	}
	return count
}

// The alerts whose expression holds at the moment, in the order of the rules. How long it must hold is not looked at.
func alerts(groups *rulefmt.RuleGroups, load string) (on []string, err error) {
	loader, err := promqltest.NewLazyLoader(load, promqltest.LazyLoaderOpts{EnableAtModifier: true})
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	at := time.Unix(0, 0).Add(moment)
	var failed error
	loader.WithSamplesTill(at, func(err error) { failed = err })
	if failed != nil {
		return nil, failed
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			query, err := loader.QueryEngine().NewInstantQuery(context.Background(), loader.Queryable(), nil, rule.Expr, at)
			if err != nil {
				return nil, err
			}
			result := query.Exec(context.Background())
			if result.Err != nil {
				return nil, result.Err
			}
			vector, err := result.Vector()
			if err != nil {
				return nil, err
			}
			if len(vector) > 0 {
				on = append(on, rule.Alert)
			}
			query.Close()
		}
	}
	return on, nil
}
