// Package catalog lists every source, parser and sink that burstwatch has. A
// new one is a folder of its own and one line here; nothing registers itself,
// so that what is built in can be read off this page.
//
// It imports all stages; app, scan and the commands import it.
package catalog

import (
	"github.com/burstwatch/burstwatch/ingest"
	cloudwatchsource "github.com/burstwatch/burstwatch/ingest/cloudwatchlogs"
	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/ingest/file"
	"github.com/burstwatch/burstwatch/ingest/s3"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/cloudtrail"
	"github.com/burstwatch/burstwatch/parsers/generic"
	"github.com/burstwatch/burstwatch/parsers/ssm"
	"github.com/burstwatch/burstwatch/parsers/vpcflow"
	"github.com/burstwatch/burstwatch/sinks"
	"github.com/burstwatch/burstwatch/sinks/blackhole"
	"github.com/burstwatch/burstwatch/sinks/cloudwatchlogs"
	"github.com/burstwatch/burstwatch/sinks/console"
	"github.com/burstwatch/burstwatch/sinks/elasticsearch"
	filesink "github.com/burstwatch/burstwatch/sinks/file"
	"github.com/burstwatch/burstwatch/sinks/kafka"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// Sources are where logs can come from.
func Sources() []plugin.Spec[ingest.Source] {
	return []plugin.Spec[ingest.Source]{
		file.Spec(),
		s3.Spec(),
		cloudwatchsource.Spec(),
		demo.Spec(),
	}
}

// Parsers are the log families; of equal claims to an object the first wins.
func Parsers() []parsers.Spec { return RedactedBy(redact.Default()) }

// RedactedBy are Parsers that take secrets out by r.
func RedactedBy(r *redact.Redactor) []parsers.Spec {
	return []parsers.Spec{
		cloudtrail.Spec(cloudtrail.Redactor(r), cloudtrail.Others(generic.Spec(generic.Redactor(r)).New)),
		vpcflow.Spec(vpcflow.Redactor(r)),
		ssm.Spec(ssm.Redactor(r)),
		generic.Spec(generic.Redactor(r)), // takes what no one else knows, so it stands last
	}
}

// Sinks are where events and alerts can go; out is the program's standard output.
func Sinks(out console.Output) []plugin.Spec[sinks.Sink] {
	return []plugin.Spec[sinks.Sink]{
		filesink.Spec(),
		console.Spec(out),
		local.Spec(),
		elasticsearch.Spec(),
		kafka.Spec(),
		cloudwatchlogs.Spec(),
		blackhole.Spec(),
	}
}

// Schemas are those of every dataset, as its parser has them.
func Schemas() []event.Schema { return SchemasOf(Parsers()) }

// SchemasOf are those of some log families.
func SchemasOf(specs []parsers.Spec) []event.Schema {
	var out []event.Schema
	for _, p := range specs {
		out = append(out, p.Schemas...)
	}
	return out
}

// Datasets are the names of all schemas.
func Datasets() []string {
	var out []string
	for _, s := range Schemas() {
		out = append(out, s.Dataset())
	}
	return out
}
