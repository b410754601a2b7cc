package s3

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

func (s *source) measure(set *metrics.Set, name string) {
	gauge := func(metric string, value func() float64) {
		name := fmt.Sprintf("%s{source=%q}", metric, name)
		set.UnregisterMetric(name) // of the source before a reload
		set.NewGauge(name, value)
	}
	gauge("burstwatch_s3_messages", func() float64 { n, _ := s.custody.held(); return float64(n) })
	gauge("burstwatch_s3_nothing_to_read", func() float64 { return float64(s.passed.Load()) })
	gauge("burstwatch_s3_resumed", func() float64 { return float64(s.broken.Load()) })
}
