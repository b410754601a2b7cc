package web

import (
	"context"

	"github.com/burstwatch/burstwatch/sinks/local"
)

// Store is what the page reads of the local store; [local.Store] is one.
type Store interface {
	AlertGroups(ctx context.Context, f local.Filter) ([]local.AlertGroup, string, error)
	Alerts(ctx context.Context, f local.Filter) ([]local.AlertRow, string, error)
	Alert(ctx context.Context, id string) (*local.Alert, error)
	AlertHistogram(ctx context.Context, f local.Filter, bars int) ([]local.Bar, error)
	AlertValues(ctx context.Context) (local.Values, error)
	Events(ctx context.Context, f local.Filter) ([]local.EventRow, string, error)
	Event(ctx context.Context, deliveryID string) (*local.EventRow, error)
	EventHistogram(ctx context.Context, f local.Filter, bars int) ([]local.Bar, error)
	Sources(ctx context.Context) ([]local.Origin, error)
	Info(ctx context.Context) (local.Info, error)
}

// Rules says what of the configured rules is loaded.
type Rules struct {
	Loaded  int
	Refused []RefusedRule
	Idle    []IdleRule
}

// RefusedRule is a document that could not be loaded.
type RefusedRule struct {
	// Where is the file and line, Reason what is wrong there.
	Where, Reason string
}

// IdleRule is loaded and cannot match, or not fully.
type IdleRule struct {
	ID, Title, Reason string
}
