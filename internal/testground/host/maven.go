//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// plugin is pinned, as everything that is fetched is.
const dependencyPlugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"

// jars fetches Maven artifacts (group:artifact:version) with all that they run
// with, into the folder libs.
func jars(name string, artifacts ...string) func(context.Context, cache) (string, error) {
	return func(ctx context.Context, c cache) (string, error) {
		if err := need("java", "mvn"); err != nil {
			return "", err
		}
		pom := project(artifacts)
		return c.folder(name, pom, func(dir string) error {
			if err := os.WriteFile(filepath.Join(dir, "pom.xml"), []byte(pom), 0o600); err != nil {
				return err
			}
			return command(ctx, dir, "mvn", "-q", "-B", dependencyPlugin+":copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=libs")
		})
	}
}

// project is a pom.xml that depends on the artifacts.
func project(artifacts []string) string {
	var b strings.Builder
	b.WriteString("<project>\n<modelVersion>4.0.0</modelVersion>\n<groupId>testground</groupId>\n" +
		"<artifactId>parts</artifactId>\n<version>1</version>\n<packaging>pom</packaging>\n<dependencies>\n")
	for _, a := range artifacts {
		part := strings.Split(a, ":")
		fmt.Fprintf(&b, "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n", part[0], part[1], part[2])
	}
	b.WriteString("</dependencies>\n</project>\n")
	return b.String()
}
