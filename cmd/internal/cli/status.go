package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

func newStatus(std Streams) *cobra.Command {
	var file, format string
	c := &cobra.Command{
		Use: "status -c FILE", Short: "Show last event and lag by source, account and region, the sinks' state, and rules that could not judge", Args: noArgs,
		Long: "Status asks the running service, at the address that the configuration gives its page.",
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := load(file, std)
			if err != nil {
				return err
			}
			raw, err := askStatus(c.Context(), conf.HTTP)
			if err != nil {
				return err
			}
			if !std.Terminal && format == "" || format == "ndjson" {
				_, err := std.Out.Write(append(raw, '\n'))
				return err
			}
			return printStatus(std, raw)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "burstwatch.yaml", "the configuration of the running service")
	c.Flags().StringVar(&format, "format", "", "table or ndjson; by default what suits the output")
	return c
}

func askStatus(ctx context.Context, h config.HTTP) ([]byte, error) {
	if h.Listen == "" {
		return nil, fmt.Errorf("the configuration has no http.listen, so that the service cannot be asked")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.Listen+"/status.json", nil)
	if err != nil {
		return nil, fmt.Errorf("http.listen %s: %w", h.Listen, err)
	}
	if h.Token != "" {
		req.Header.Set("Authorization", "Bearer "+string(h.Token))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no service answers at %s: is it running? (%w)", h.Listen, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", h.Listen, resp.Status)
	}
	return body, err
}

func printStatus(std Streams, raw []byte) error {
	var s pipeline.Status
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("the answer is no status: %w", err)
	}
	w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = termtext.Escape(fmt.Sprint(c))
		}
		fmt.Fprintln(w, strings.Join(texts, "\t"))
	}
	row("State", s.State, "since", s.Started.UTC().Format(time.DateTime))
	if s.Refused != nil {
		row("NOT IN FORCE", "what was changed on disk by "+moments(s.Refused.Time)+"; what ran before goes on")
		for _, fault := range s.Refused.Faults() {
			row("", fault)
		}
	}
	row()
	row("SOURCE", "STATE", "OBJECTS", "OPEN", "FAILED", "RECORDS", "QUARANTINED", "ALERTS", "ERROR")
	for _, x := range s.Sources {
		row(x.Name, x.State, x.Done, x.Open, x.Failed, x.Records, x.Rejected, x.Alerts, x.Error)
	}
	row()
	row("LOG", "ACCOUNT", "REGION", "DATASET", "RECORDS", "LAST EVENT", "LAG", "ERROR")
	for _, x := range s.Logs {
		row(x.Source, orDash(x.Account), orDash(x.Region), x.Dataset, x.Records, moments(x.LastEvent), x.Lag(s.Time).Round(time.Second), x.Broken)
	}
	row()
	row("SINK", "STATE", "BREAKER", "IN", "DELIVERED", "QUARANTINED", "WAITING", "BYTES", "RETRIES", "SPOOL", "SPOOL SIZE", "ERROR")
	for _, x := range s.Sinks {
		spooled, size, why := any("-"), any("-"), x.Error
		if x.Spool != nil {
			spooled, size = x.Spool.Records, plugin.Size(x.Spool.Bytes)
			why = strings.Trim(why+"; "+x.Spool.Error, "; ")
		}
		row(x.Name, x.State, x.Breaker, x.In, x.Delivered, x.Quarantined, x.Waiting, plugin.Size(x.Bytes), x.Retries, spooled, size, why)
	}
	row()
	row("QUARANTINE", s.Quarantine.State, s.Quarantine.Records, plugin.Size(s.Quarantine.Bytes), s.Quarantine.Error)
	row()
	row("RULES", s.Rules.State, fmt.Sprintf("%d loaded", s.Rules.Loaded), fmt.Sprintf("%d idle", len(s.Rules.Idle)), s.Rules.Error)
	if err := w.Flush(); err != nil {
		return err
	}
	return silentRules(std, &s.Rules)
}

// silentRules names the rules that can have said nothing, those with one reason
// together.
func silentRules(std Streams, r *pipeline.RulesStatus) error {
	by, reasons := map[string][]string{}, []string{}
	for _, u := range r.Unseen {
		if by[u.Reason] == nil {
			reasons = append(reasons, u.Reason)
		}
		by[u.Reason] = append(by[u.Reason], u.ID)
	}
	if len(reasons) > 0 {
		fmt.Fprintf(std.Out, "Not judged since %s:\n", moments(r.Since))
	}
	for _, reason := range reasons {
		if _, err := fmt.Fprintf(std.Out, "  %s: %s\n", termtext.Escape(reason), termtext.Escape(strings.Join(by[reason], ", "))); err != nil {
			return err
		}
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func moments(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime)
}
