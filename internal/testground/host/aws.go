//go:build unix

package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// recipes are all the parts.
func recipes() map[string]recipe {
	all := map[string]recipe{}
	for _, r := range []recipe{kafka(), elasticsearch(), sqs(), moto(), ministack()} {
		all[r.name] = r
	}
	return all
}

const elasticmqVersion = "1.6.16"

func sqs() recipe {
	return recipe{
		name: "sqs", version: elasticmqVersion, ports: []string{"main"},
		fetch: jars("elasticmq-"+elasticmqVersion, "org.elasticmq:elasticmq-server_2.13:"+elasticmqVersion),
		prepare: func(_ context.Context, in *instance) error {
			return in.write("emq.conf", fmt.Sprintf(elasticmqConf, in.ports["main"]))
		},
		command: func(in *instance) process {
			return process{dir: in.dir, args: []string{"java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
				"-Dconfig.file=" + in.path("emq.conf"), "-cp", in.dist + "/libs/*", "org.elasticmq.server.Main"}}
		},
		ready:  answers("/?Action=ListQueues"),
		values: urlOnly,
	}
}

const elasticmqConf = `include classpath("application.conf")
node-address { protocol=http, host="127.0.0.1", port=%[1]d, context-path="" }
rest-sqs { enabled=true, bind-hostname="127.0.0.1", bind-port=%[1]d, sqs-limits=strict }
rest-stats { enabled=false }
aws { region=us-east-1, accountId=000000000000 }
queues { }
`

func moto() recipe {
	return recipe{
		name: "aws", version: "moto 5.2.5", ports: []string{"main"}, fetch: venv, prepare: nothing,
		command: func(in *instance) process {
			return process{dir: in.dir, args: []string{python(in.dist), "-m", "moto.server", "-H", "127.0.0.1", "-p", strconv.Itoa(in.ports["main"])}}
		},
		ready:  answers("/moto-api/data.json"),
		values: urlOnly,
	}
}

// ministack listens on every address unless BIND_HOST says otherwise.
func ministack() recipe {
	return recipe{
		name: "ministack", version: "1.5.33", ports: []string{"main"}, fetch: venv, prepare: nothing,
		command: func(in *instance) process {
			return process{dir: in.dir, args: []string{python(in.dist), "-m", "ministack"}, env: []string{
				"BIND_HOST=127.0.0.1", "GATEWAY_PORT=" + strconv.Itoa(in.ports["main"]), "MINISTACK_ACCOUNT_ID=123456789012",
			}}
		},
		ready:  answers("/_ministack/health"),
		values: urlOnly,
	}
}

// requirements pins the emulators and all that they need.
//
//go:embed requirements.txt
var requirements string

// venv makes the virtual environment of both emulators. It is started by
// `python -m`, because its scripts know only the folder that it was made in.
func venv(ctx context.Context, c cache) (string, error) {
	if err := need("python3"); err != nil {
		return "", err
	}
	return c.folder("aws", requirements, func(dir string) error {
		if err := command(ctx, dir, "python3", "-m", "venv", dir); err != nil {
			return missingError(fmt.Sprintf("python3 cannot make a virtual environment, install its venv module: %v", err))
		}
		list := filepath.Join(dir, "requirements.txt")
		if err := os.WriteFile(list, []byte(requirements), 0o600); err != nil {
			return err
		}
		return command(ctx, dir, python(dir), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r", list)
	})
}

func python(venv string) string { return filepath.Join(venv, "bin", "python3") }

func nothing(context.Context, *instance) error { return nil }

func urlOnly(in *instance) map[string]string {
	return map[string]string{"url": "http://" + in.address("main")}
}

// answers is ready when a GET of the path answers 200.
func answers(path string) func(context.Context, *instance) bool {
	return func(ctx context.Context, in *instance) bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+in.address("main")+path, http.NoBody)
		if err != nil {
			return false
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, res.Body)
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	}
}
