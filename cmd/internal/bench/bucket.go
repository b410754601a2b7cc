package main

import (
	"context"
	"crypto/md5" //nolint:gosec // SQS says it of its messages
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const bucketName, queueName = "logs", "news"

// logBucket is a folder as S3 and SQS would serve it: no more of both than the
// service asks for, and at once.
type logBucket struct {
	root string
	keys []string
	sums map[string]string // CRC-64/NVME, which S3 has of every object since 2024

	mu      sync.Mutex
	waiting []string             // messages that nobody has, by key
	left    map[string]time.Time // those that are not deleted, and when they were last shown
	empty   chan struct{}        // closed when all are
}

// hidden is when a message is shown again: its reader may not have got the answer.
const hidden = 30 * time.Second

func newBucket(root string) (*logBucket, error) {
	b := &logBucket{root: root, sums: map[string]string{}}
	nvme := crc64.MakeTable(0x9a6c9329ac4bc9b5)
	err := eachGzip(root, func(name string) error {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		key = "AWSLogs/o-example/" + filepath.ToSlash(key)
		b.keys = append(b.keys, key)
		b.sums[key] = base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, crc64.Checksum(text, nvme)))
		return nil
	})
	return b, err
}

// eachGzip calls f for every .gz file below root.
func eachGzip(root string, f func(name string) error) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".gz") {
			return err
		}
		return f(name)
	})
}

// fill has the queue tell of every object. What it returns is closed when all
// messages are deleted.
func (b *logBucket) fill() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting, b.left, b.empty = append([]string(nil), b.keys...), map[string]time.Time{}, make(chan struct{})
	for _, k := range b.keys {
		b.left[k] = time.Time{}
	}
	return b.empty
}

func (b *logBucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		b.queue(w, r, strings.TrimPrefix(target, "AmazonSQS."))
		return
	}
	key := strings.TrimPrefix(r.URL.Path, "/"+bucketName+"/")
	sum, ok := b.sums[key]
	if !ok {
		http.Error(w, "no such key", http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", strconv.Quote(sum))
	w.Header().Set("Content-Type", "application/x-gzip")
	w.Header().Set("x-amz-checksum-crc64nvme", sum)
	w.Header().Set("x-amz-checksum-type", "FULL_OBJECT")
	http.ServeFile(w, r, filepath.Join(b.root, strings.TrimPrefix(key, "AWSLogs/o-example/")))
}

// poll waits as a long poll does: a queue that answers at once that it is empty
// would be asked again and again while the last objects are read.
func (b *logBucket) poll(ctx context.Context, most time.Duration) {
	b.mu.Lock()
	any, empty := len(b.waiting) > 0, b.empty
	b.mu.Unlock()
	if any || empty == nil {
		return
	}
	select {
	case <-empty:
	case <-ctx.Done():
	case <-time.After(most):
	}
}

// queue answers what is asked of SQS, in its JSON.
func (b *logBucket) queue(w http.ResponseWriter, r *http.Request, action string) {
	var in struct {
		MaxNumberOfMessages, WaitTimeSeconds int
		Entries                              []struct{ Id, ReceiptHandle string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if action == "ReceiveMessage" {
		b.poll(r.Context(), time.Duration(in.WaitTimeSeconds)*time.Second)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]any{}
	switch action {
	case "ReceiveMessage":
		out["Messages"] = b.receive(in.MaxNumberOfMessages)
	case "DeleteMessageBatch", "ChangeMessageVisibilityBatch":
		var done []map[string]string
		for _, e := range in.Entries {
			done = append(done, map[string]string{"Id": e.Id})
			if action == "DeleteMessageBatch" {
				delete(b.left, e.ReceiptHandle)
			}
		}
		if out["Successful"] = done; len(b.left) == 0 && b.empty != nil {
			close(b.empty)
			b.empty = nil
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
}

// receive shows up to most messages; b.mu is held.
func (b *logBucket) receive(most int) (list []map[string]any) {
	if len(b.waiting) == 0 {
		for key, shown := range b.left {
			if time.Since(shown) > hidden {
				b.waiting = append(b.waiting, key)
			}
		}
	}
	n := min(most, len(b.waiting))
	for _, key := range b.waiting[:n] {
		if _, ok := b.left[key]; ok {
			b.left[key] = time.Now()
			list = append(list, message(key))
		}
	}
	b.waiting = b.waiting[n:]
	return list
}

// message is what S3 says of a new object. Its receipt is the key.
func message(key string) map[string]any {
	body := fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventName":"ObjectCreated:Put",`+
		`"s3":{"bucket":{"name":%q},"object":{"key":%q,"eTag":"0","sequencer":"0"}}}]}`, bucketName, key)
	sum := md5.Sum([]byte(body))
	return map[string]any{
		"MessageId": key, "ReceiptHandle": key, "Body": body, "MD5OfBody": hex.EncodeToString(sum[:]),
		"Attributes": map[string]string{"SentTimestamp": "1762336800000"},
	}
}
