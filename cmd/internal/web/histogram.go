package web

import (
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// Size of a histogram in its own units; the style scales it.
const (
	chartWidth  = 720
	chartHeight = 56
	mostBars    = 60
	widestBar   = 40
)

// chart is a histogram, ready to be drawn as rectangles.
type chart struct {
	Width, Height int
	Rects         []rect
	From, To      time.Time
	Top           int64
	Each          string // what one bar is
}

// rect is a stretch's part of one level; Class is the level or "events".
type rect struct {
	X, Y, W, H float64
	Class      string
	Title, To  string
}

// drawn lays out bars from left to right; levels lie on each other, the worst
// below, so that a single critical case among a thousand low ones is seen.
func drawn(bars []local.Bar, to func(from, to time.Time) string) *chart {
	if len(bars) == 0 {
		return nil
	}
	width := time.Hour
	if len(bars) > 1 {
		width = bars[1].From.Sub(bars[0].From)
	}
	c := &chart{Width: chartWidth, Height: chartHeight, From: bars[0].From, To: bars[len(bars)-1].From.Add(width), Each: span(width)}
	for _, b := range bars {
		c.Top = max(c.Top, b.Count)
	}
	step := float64(chartWidth) / float64(len(bars))
	for i, b := range bars {
		c.bar(b, float64(i)*step, min(step*0.86, widestBar), to(b.From, b.From.Add(width)))
	}
	return c
}

func (c *chart) bar(b local.Bar, x, w float64, to string) {
	if b.Count == 0 {
		return
	}
	title := fmt.Sprintf("%s UTC: %s", b.From.UTC().Format("2006-01-02 15:04"), number(b.Count))
	scale := float64(chartHeight-4) / float64(c.Top)
	y := float64(chartHeight)
	add := func(n int64, class string) {
		if n > 0 {
			h := max(2, float64(n)*scale)
			y -= h
			c.Rects = append(c.Rects, rect{X: x, Y: max(0, y), W: w, H: h, Class: class, Title: title, To: to})
		}
	}
	levels := int64(0)
	for i := len(b.Levels) - 1; i >= 0; i-- {
		add(b.Levels[i], summary.Levels[i])
		levels += b.Levels[i]
	}
	add(b.Count-levels, "events")
}
