//go:build unix

package main

import (
	"archive/zip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

const (
	elasticVersion        = "8.19.21"
	elasticUser           = "elastic"
	elasticPassword       = "elastic-pw"
	elasticWriter         = "writer"
	elasticWriterPassword = "writer-pw"
)

func elasticsearch() recipe {
	return recipe{
		name: "elasticsearch", version: elasticVersion, ports: []string{"main", "transport"},
		fetch:   fetchElasticsearch,
		prepare: prepareElasticsearch,
		command: func(in *instance) process { return elasticProcess(in, "elasticsearch") },
		ready:   elasticReady,
		values: func(in *instance) map[string]string {
			return map[string]string{"url": "https://" + in.address("main"), "ca": in.certs.caFile,
				"user": elasticUser, "password": elasticPassword, "writer": elasticWriter, "writer_password": elasticWriterPassword}
		},
	}
}

// fetchElasticsearch unpacks Elastic's distribution for integration tests, as
// Maven brings it.
func fetchElasticsearch(ctx context.Context, c cache) (string, error) {
	if err := need("java", "javac", "jar", "mvn"); err != nil {
		return "", err
	}
	dir, err := c.folder("elasticsearch-"+elasticVersion, elasticVersion+pluginSource+pluginDescriptor, func(dir string) error {
		artifact := "org.elasticsearch.distribution.integ-test-zip:elasticsearch:" + elasticVersion + ":zip"
		if err := command(ctx, dir, "mvn", "-q", "-B", dependencyPlugin+":copy", "-Dartifact="+artifact, "-DoutputDirectory="+dir); err != nil {
			return err
		}
		archive := filepath.Join(dir, "elasticsearch-"+elasticVersion+".zip")
		if err := unzip(archive, dir); err != nil {
			return err
		}
		return errors.Join(os.Remove(archive), buildPlugin(ctx, filepath.Join(dir, "elasticsearch-"+elasticVersion)))
	})
	return filepath.Join(dir, "elasticsearch-"+elasticVersion), err
}

// unzip unpacks an archive; what it made can be read by everybody.
func unzip(archive, to string) error {
	root, err := os.OpenRoot(to) // nothing climbs out of it
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for _, f := range r.File {
		if err := unzipOne(f, root); err != nil {
			return err
		}
	}
	return nil
}

func unzipOne(f *zip.File, root *os.Root) error {
	if f.FileInfo().IsDir() {
		return root.MkdirAll(f.Name, 0o755)
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := root.OpenFile(f.Name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// prepareElasticsearch gives the instance a copy of the distribution, as links:
// Elasticsearch does not run as root, and nobody may be barred from the cache's
// parents.
func prepareElasticsearch(ctx context.Context, in *instance) error {
	if err := linkTree(in.dist, in.path("home")); err != nil {
		return err
	}
	if err := os.CopyFS(in.path("conf"), os.DirFS(filepath.Join(in.dist, "config"))); err != nil {
		return err
	}
	for name, text := range elasticFiles(in) {
		if err := in.write("conf/"+name, text); err != nil {
			return err
		}
	}
	for _, name := range []string{"data", "logs", "tmp"} {
		if err := os.Mkdir(in.path(name), 0o700); err != nil {
			return err
		}
	}
	if err := in.giveAway("conf", "data", "logs", "tmp"); err != nil {
		return err
	}
	return setPassword(ctx, in)
}

// giveAway makes nobody the owner of what Elasticsearch writes, if we are root.
func (in *instance) giveAway(names ...string) error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range names {
		err := filepath.WalkDir(in.path(name), func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Chown(path, nobody, nobody))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// linkTree copies a tree by hard links, or by copies over the border of a file system.
func linkTree(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755) //nolint:gosec // nobody is to read it
		}
		return os.Link(path, target)
	})
	if err == nil {
		return nil
	}
	return errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from)))
}

func elasticProcess(in *instance, program string, args ...string) process {
	return process{
		dir: in.dir, nobody: true,
		args: append([]string{in.path("home/bin/" + program)}, args...),
		env: []string{"ES_PATH_CONF=" + in.path("conf"), "ES_TMPDIR=" + in.path("tmp"), "HOME=" + in.path("tmp"),
			"ES_JAVA_HOME=" + javaHome(), "CLI_JAVA_OPTS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"},
	}
}

// javaHome is where the java of the path lies: Elasticsearch does not look itself.
func javaHome() string {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return home
	}
	java, err := lookJava()
	if err != nil {
		return ""
	}
	return filepath.Dir(filepath.Dir(java))
}

// setPassword puts the superuser's password where the first start reads it.
func setPassword(ctx context.Context, in *instance) error {
	p := elasticProcess(in, "elasticsearch-keystore", "add", "-x", "-s", "-f", "bootstrap.password")
	cmd := p.command()
	cmd.Stdin = strings.NewReader(elasticPassword)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("elasticsearch-keystore: %w\n%s", err, out)
	}
	return ctx.Err()
}

func elasticReady(ctx context.Context, in *instance) bool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(in.certs.ca)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+in.address("main")+"/_cluster/health?wait_for_status=yellow&timeout=1s", http.NoBody)
	if err != nil {
		return false
	}
	req.SetBasicAuth(elasticUser, elasticPassword)
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}
