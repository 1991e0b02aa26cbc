// Reads the alert rules and dashboards as Prometheus itself does, and fails where one asks for a metric that the broker
// does not show.
//
// Then has the rules judge stories of which it is known what they should say.
//
//	expressions METRICS.md rules.yml stories.txt dashboard.json...
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var (
	// A row of the page that lists the metrics: name and kind.
	row = regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| ([a-z]+) \\|")
	// What Grafana puts in before it asks Prometheus.
	interval = regexp.MustCompile(`\$__(rate_interval|interval|range)`)
	problems []string
)

func problem(format string, args ...any) {
	problems = append(problems, fmt.Sprintf(format, args...))
}

func read(path string) []byte {
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return text
}

// The names that may be asked for: those of the page, a histogram's three series, and Prometheus' own `up`.
func declared(page string) map[string]bool {
	names := map[string]bool{"up": true}
	for _, found := range row.FindAllStringSubmatch(page, -1) {
		if found[2] != "histogram" {
			names[found[1]] = true
			continue
		}
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			names[found[1]+suffix] = true
		}
	}
	return names
}

func check(place, expression string, names map[string]bool) {
	tree, err := parser.ParseExpr(interval.ReplaceAllString(expression, "5m"))
	if err != nil {
		problem("%s: %v in: %s", place, err, expression)
		return
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok && !names[selector.Name] {
			problem("%s: no metric is called %q", place, selector.Name)
		}
		return nil
	})
}

func checkRules(path string, names map[string]bool) (count int) {
	groups, errs := rulefmt.ParseFile(path, false)
	for _, err := range errs {
		problem("%s: %v", path, err)
	}
	if groups == nil {
		return 0
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			check(path+", "+rule.Alert+rule.Record, rule.Expr, names)
			for _, note := range []string{"summary", "description"} {
				if rule.Alert != "" && rule.Annotations[note] == "" {
					problem("%s: %s has no %s", path, rule.Alert, note)
				}
			}
			count++
		}
	}
	return count
}

// Every expression of a dashboard, wherever it stands.
func walk(place string, value any, names map[string]bool) (count int) {
	switch value := value.(type) {
	case map[string]any:
		if title, ok := value["title"].(string); ok {
			place += ", " + title
		}
		if expression, ok := value["expr"].(string); ok {
			check(place, expression, names)
			count++
		}
		for _, inner := range value {
			count += walk(place, inner, names)
		}
	case []any:
		for _, inner := range value {
			count += walk(place, inner, names)
		}
	}
	return count
}

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: expressions METRICS.md rules.yml stories.txt dashboard.json...")
		os.Exit(2)
	}
	names := declared(string(read(os.Args[1])))
	rules := checkRules(os.Args[2], names)
	stories := checkStories(os.Args[3], os.Args[2])
	expressions := 0
	for _, path := range os.Args[4:] {
		var dashboard any
		if err := json.Unmarshal(read(path), &dashboard); err != nil {
			problem("%s: %v", path, err)
		}
		expressions += walk(path, dashboard, names)
	}
	if rules == 0 || expressions == 0 || stories == 0 {
		problem("%d rules, %d stories and %d expressions were found", rules, stories, expressions)
	}
	if len(problems) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(problems, "\n"))
		os.Exit(1)
	}
	fmt.Printf("%d alert rules and %d expressions of dashboards ask for metrics that there are; %d stories turn the right alerts on\n",
		rules, expressions, stories)
}
