package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
)

// road measures the way from S3 to the sinks: the service, told of every object
// by a queue, with the builtin rules and the studio file, into a sink of which
// nothing is seen, against a program that downloads the same objects and
// unpacks them. Both ask the same server in this process, whose time is not counted.
func (b *bench) road(sink, bound string) func(work string) error {
	return func(work string) error { return b.drive(work, sink, bound) }
}

func (b *bench) drive(work, sink, bound string) error {
	cloud, err := newBucket(b.trail)
	if err != nil {
		return err
	}
	server := httptest.NewServer(cloud)
	defer server.Close()
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"} {
		if err := os.Setenv(k, v); err != nil {
			return err
		}
	}
	yardstick := b.yardstick()
	yardstick.args = []string{yardstick.args[0], "download", server.URL, b.trail}
	var ratios, sys []float64
	var all []string
	var peak int64
	for range b.pairs {
		u, err := b.service(server.URL, sink, cloud)
		if err != nil {
			return err
		}
		alone, err := yardstick.run()
		if err != nil {
			return err
		}
		ratios, sys, peak = append(ratios, u.user.Seconds()/alone.user.Seconds()), append(sys, u.sys.Seconds()), max(peak, u.anon)
		all = append(all, fmt.Sprintf("%.2f", ratios[len(ratios)-1]))
	}
	_, err = fmt.Printf("| %s | %.2f | %s | %s | %.2f | %.0f |\n", work, median(ratios), strings.Join(all, " "), bound, median(sys), float64(peak)/1e6)
	return err
}

// service runs burstwatch until the queue is empty.
func (b *bench) service(url, sink string, cloud *logBucket) (usage, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return usage{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	conf := filepath.Join(dir, "burstwatch.yaml")
	text := fmt.Sprintf(`
data_dir: %q
studio: %q
rules: [builtin]
http: {listen: ""}
sources: {trail: {type: aws_s3, region: us-east-1, endpoint: %q, queue_url: %q}}
sinks: {nothing: %s}
`, filepath.Join(dir, "data"), filepath.Join(b.data, "studio.yaml"), url, url+"/"+queueName, sink)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return usage{}, err
	}
	return command{
		args: []string{b.binary, "run", "-c", conf, "--log-level", "warn"}, procs: 1, out: os.DevNull, until: cloud.fill(),
	}.run()
}
