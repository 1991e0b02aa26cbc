// Client libraries in Go against a broker. Usage: clients franz|sarama HOST:PORT
package main

import "os"

func main() {
	suites := map[string]func(string){"franz": franzSuite, "sarama": saramaSuite}
	suites[os.Args[1]](os.Args[2])
}
