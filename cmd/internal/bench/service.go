package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// services are the rows that are no two commands beside each other.
func (b *bench) services() iter.Seq2[string, func(string) error] {
	return func(yield func(string, func(string) error) bool) {
		_ = yield("the elasticsearch sink into a server that says yes, against encode and gzip alone", b.bulk) &&
			yield("the whole road from S3 and SQS, CloudTrail with the builtin rules and the studio file, into a null sink, against download and gunzip alone", b.road("{type: blackhole}", "≤ 2.2")) &&
			yield("the same, each event rendered and printed into nothing", b.road("{type: console, format: json}", "")) &&
			yield("`run` of CloudTrail with one of two sinks down", b.down)
	}
}

// result is a line of a Go benchmark.
var result = regexp.MustCompile(`(?m)^BenchmarkBulk/(\w+)\s+\d+\s+([\d.]+) ns/op`)

// bulk runs the benchmark that stands beside the sink, on one processor, where
// the time that passes is that of the processor.
func (b *bench) bulk(work string) error {
	var ratios []float64
	var all []string
	for range b.pairs {
		cmd := exec.CommandContext(context.Background(), "go", "test", "-run", "^$", "-bench", "^BenchmarkBulk$", "-cpu", "1", "-benchtime", "1s", "./sinks/elasticsearch")
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, tail(string(out)))
		}
		took := map[string]float64{}
		for _, m := range result.FindAllStringSubmatch(string(out), -1) {
			took[m[1]], _ = strconv.ParseFloat(m[2], 64)
		}
		if took["encode"] == 0 || took["sink"] == 0 {
			return fmt.Errorf("no figures in\n%s", tail(string(out)))
		}
		ratios = append(ratios, took["sink"]/took["encode"])
		all = append(all, fmt.Sprintf("%.2f", ratios[len(ratios)-1]))
	}
	fmt.Printf("| %s | %.2f | %s | ≤ 1.3 | | |\n", work, median(ratios), strings.Join(all, " "))
	return nil
}

// down carries everything to a file while a cluster does not answer, until its
// events are in the spool, and measures the memory of that.
func (b *bench) down(work string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	conf := filepath.Join(dir, "burstwatch.yaml")
	text := fmt.Sprintf(`
data_dir: %[1]q
http: {listen: %[2]q}
sources: {trail: {type: file, paths: [%[3]q], follow: false}}
sinks:
  kept: {type: file, path: %[4]q}
  gone: {type: elasticsearch, endpoints: ["http://127.0.0.1:1"], buffer: {type: disk, max_size: 20GB}}
`, filepath.Join(dir, "data"), listen, b.trail, filepath.Join(dir, "events.ndjson"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(context.Background(), b.binary, "run", "-c", conf)
	cmd.Env, cmd.Stderr = append(os.Environ(), "GOMAXPROCS=2"), &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	stop, peak := make(chan struct{}), make(chan int64, 1)
	go func() { peak <- sample(cmd.Process.Pid, stop) }()
	events, waited := untilSpooled(listen)
	close(stop)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ended := cmd.Wait()
	if err := errors.Join(waited, ended); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(stderr.String()))
	}
	fmt.Printf("| %s | %d events in the spool | | memory ≤ 256 MB | | %.0f |\n", work, events, float64(<-peak)/1e6)
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// untilSpooled waits until every object is settled and what waits for the sink
// that is down lies in its spool.
func untilSpooled(listen string) (events int64, err error) {
	for range 3000 {
		time.Sleep(200 * time.Millisecond)
		var s struct {
			Sources []struct {
				Open  int64  `json:"objects_open"`
				State string `json:"state"`
			} `json:"sources"`
			Sinks []struct {
				Waiting int64 `json:"waiting"`
				Alerts  int64 `json:"waiting_alerts"` // these stay in the outbox
				Spool   struct {
					Records int64 `json:"records"`
				} `json:"spool"`
			} `json:"sinks"`
		}
		resp, err := http.Get("http://" + listen + "/status.json") //nolint:noctx // bounded by the loop
		if err != nil {
			continue // it does not listen yet
		}
		err = json.NewDecoder(resp.Body).Decode(&s)
		_ = resp.Body.Close()
		if err != nil || len(s.Sources) != 1 || len(s.Sinks) != 2 {
			continue
		}
		if gone := s.Sinks[1]; s.Sources[0].State == "finished" && s.Sources[0].Open == 0 && gone.Spool.Records == gone.Waiting-gone.Alerts {
			return gone.Spool.Records, nil
		}
	}
	return 0, errors.New("it did not settle within ten minutes")
}
