package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"
)

// download is the other yardstick: it gets every object of the bucket, as AWS's
// own client does by default, unpacks it and throws it away.
func download(url, root string) error {
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &url, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})
	var z gzip.Reader
	in := bufio.NewReaderSize(nil, 256<<10)
	buf := make([]byte, 256<<10)
	return eachGzip(root, func(name string) error {
		key, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		out, err := client.GetObject(context.Background(), &s3.GetObjectInput{
			Bucket: aws.String(bucketName), Key: aws.String("AWSLogs/o-example/" + filepath.ToSlash(key)),
		})
		if err != nil {
			return fmt.Errorf("get %s: %w", key, err)
		}
		defer func() { _ = out.Body.Close() }()
		in.Reset(out.Body)
		if err := z.Reset(in); err != nil {
			return err
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{&z}, buf)
		return err
	})
}
