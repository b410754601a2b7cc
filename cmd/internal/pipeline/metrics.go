package pipeline

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// writeMetrics writes the status in the Prometheus text format. Everything
// stands in the status too: one truth, shown twice.
func (p *Pipeline) writeMetrics(w io.Writer) {
	s := p.Status()
	m := &metricsWriter{}
	for _, x := range s.Sources {
		l := labels("source", x.Name)
		m.counter("burstwatch_source_records_total", l, x.Records)
		m.counter("burstwatch_source_records_rejected_total", l, x.Rejected)
		m.counter("burstwatch_source_alerts_total", l, x.Alerts)
		m.counter("burstwatch_source_restarts_total", l, x.Restarts)
		m.counter("burstwatch_source_objects_done_total", l, x.Done)
		m.counter("burstwatch_source_objects_failed_total", l, x.Failed)
		m.gauge("burstwatch_source_objects_open", l, float64(x.Open))
		m.gauge("burstwatch_source_up", l, truth(x.State != sourceFailing))
		m.gauge("burstwatch_source_left_out", l, truth(x.LeftOut))
	}
	for _, x := range s.Logs {
		l := labels("source", x.Source, "dataset", x.Dataset, "account", x.Account, "region", x.Region)
		m.counter("burstwatch_log_records_total", l, x.Records)
		m.gauge("burstwatch_log_lag_seconds", l, x.Lag(s.Time).Seconds())
		m.time("burstwatch_log_last_event_timestamp_seconds", l, x.LastEvent)
		m.time("burstwatch_log_frontier_timestamp_seconds", l, x.Frontier)
		m.gauge("burstwatch_log_up", l, truth(x.Broken == ""))
	}
	for _, x := range s.Sinks {
		m.sink(x, s.Time)
	}
	m.counter("burstwatch_quarantine_records_total", "", s.Quarantine.Records)
	m.gauge("burstwatch_quarantine_bytes", "", float64(s.Quarantine.Bytes))
	m.gauge("burstwatch_quarantine_waiting", "", float64(s.Quarantine.Waiting))
	m.gauge("burstwatch_quarantine_up", "", truth(healthy(s.Quarantine.State)))
	m.rules(s.Rules)
	m.gauge("burstwatch_batches_bytes", "", float64(s.Memory))
	m.gauge("burstwatch_state_up", "", truth(s.StateError == ""))
	m.counter("burstwatch_judge_failures_total", "", p.judges.failed.Load())
	_, _ = w.Write(m.text) // who asked has gone: nobody to tell
}

func (m *metricsWriter) rules(r RulesStatus) {
	m.gauge("burstwatch_window_entries", "", float64(r.Entries))
	m.gauge("burstwatch_window_memory_bytes", "", float64(r.Memory))
	m.gauge("burstwatch_window_disk_bytes", "", float64(r.Disk))
	m.gauge("burstwatch_cases_untold", "", float64(r.Untold))
	m.gauge("burstwatch_owner_waiting", "", float64(r.Waiting))
	m.gauge("burstwatch_owner_up", "", truth(healthy(r.State)))
	m.gauge("burstwatch_outbox_alerts", "", float64(r.Outbox))
	m.counter("burstwatch_notes_too_late_total", "", r.TooLate)
	m.counter("burstwatch_stateful_failures_total", "", r.Failed)
}

func (m *metricsWriter) sink(x SinkStatus, now time.Time) {
	l := labels("sink", x.Name)
	m.counter("burstwatch_sink_in_total", l, x.In)
	m.counter("burstwatch_sink_delivered_total", l, x.Delivered)
	m.counter("burstwatch_sink_quarantined_total", l, x.Quarantined)
	m.counter("burstwatch_sink_abandoned_total", l, x.Abandoned)
	m.counter("burstwatch_sink_writes_total", l, x.Writes)
	m.counter("burstwatch_sink_write_failures_total", l, x.Failures)
	m.counter("burstwatch_sink_retries_total", l, x.Retries)
	m.gauge("burstwatch_sink_waiting", l, float64(x.Waiting))
	m.gauge("burstwatch_sink_waiting_alerts", l, float64(x.Alerts))
	m.gauge("burstwatch_sink_waiting_bytes", l, float64(x.Bytes))
	age := 0.0
	if !x.Oldest.IsZero() {
		age = max(0, now.Sub(x.Oldest).Seconds())
	}
	m.gauge("burstwatch_sink_oldest_seconds", l, age)
	writing := 0.0
	if !x.Writing.IsZero() {
		writing = max(0, now.Sub(x.Writing).Seconds())
	}
	m.gauge("burstwatch_sink_write_seconds", l, writing)
	m.gauge("burstwatch_sink_up", l, truth(healthy(x.State)))
	m.gauge("burstwatch_sink_breaker_open", l, truth(x.Breaker != breakerClosed))
	if x.Spool == nil {
		return
	}
	m.gauge("burstwatch_sink_spool_records", l, float64(x.Spool.Records))
	m.gauge("burstwatch_sink_spool_bytes", l, float64(x.Spool.Bytes))
	m.gauge("burstwatch_sink_spool_max_bytes", l, float64(x.Spool.MaxSize))
	m.gauge("burstwatch_sink_spool_up", l, truth(healthy(x.Spool.State)))
	m.counter("burstwatch_sink_spooled_total", l, x.Spool.Spooled)
	m.counter("burstwatch_sink_spool_damaged_total", l, x.Spool.Damaged)
}

func healthy(state string) bool { return state == "" || state == stateOK }

type metricsWriter struct{ text []byte }

func (m *metricsWriter) counter(name, labels string, n int64) {
	m.text = fmt.Appendf(m.text, "%s%s %d\n", name, labels, n)
}

func (m *metricsWriter) gauge(name, labels string, v float64) {
	m.text = fmt.Appendf(m.text, "%s%s %s\n", name, labels, strconv.FormatFloat(v, 'f', -1, 64))
}

func (m *metricsWriter) time(name, labels string, t time.Time) {
	if !t.IsZero() {
		m.gauge(name, labels, float64(t.UnixMilli())/1000)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// labels are pairs of name and value. Values may come from logs.
func labels(pairs ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		sep := ","
		if i == 0 {
			sep = "{"
		}
		fmt.Fprintf(&b, `%s%s="%s"`, sep, pairs[i], escape.Replace(strings.ToValidUTF8(pairs[i+1], "\uFFFD")))
	}
	return b.String() + "}"
}
