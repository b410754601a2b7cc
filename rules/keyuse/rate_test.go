package keyuse

import (
	"fmt"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
)

func TestAKeyUsedAfterItsProductionWrapped(t *testing.T) {
	node, ember := as("halo-render", "222222222222", "i-01"), as("sable-render", "111111111111", "i-01")
	for _, c := range []struct {
		name  string
		event *event.Event
		level string
	}{
		{"directly", call(0, "Decrypt", node, halo), "critical"},
		{"by S3", call(0, "Decrypt", service(node), halo), "medium"},
		{"refused", call(0, "Decrypt", node, halo, denied), ""},
		{"on its last day", call(-5*86400, "Decrypt", node, halo), ""},
		{"a production that goes on", call(0, "Decrypt", ember, sable), ""},
		{"disabled at last", call(0, "DisableKey", node, halo), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "keyuse.wrap", home(t), c.event)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
}

// decrypts makes n calls in an hour, counted from begin.
func decrypts(hours, n int, who string, more ...string) []*event.Event {
	var all []*event.Event
	for i := range n {
		all = append(all, call(hours*3600-130+i%3600, "Decrypt", who, sable, append(more, fmt.Sprintf(`"eventID":"%d-%d"`, hours, i))...))
	}
	return all
}

func launch(hours, n int) *event.Event {
	items := ""
	for i := range n {
		items += fmt.Sprintf(`,{"instanceId":"i-%d"}`, i)
	}
	ev := call(hours*3600, "RunInstances", as("deadline-fleet", "111111111111", "rcs"), "",
		`"requestParameters":{"iamInstanceProfile":{"arn":"arn:aws:iam::111111111111:instance-profile/sable-render"}}`,
		`"responseElements":{"instancesSet":{"items":[`+items[1:]+`]}}`)
	return ev
}

func TestARateIsHeldAgainstTheKeysOwnPast(t *testing.T) {
	const at = 24 * 5
	node := as("sable-render", "111111111111", "i-01")
	object, bucket := `"requestParameters":{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::sable-assets/char/a.usdc"}}`, `"requestParameters":{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::sable-assets"}}`
	past := func(n int, who string, more ...string) (all []*event.Event) {
		for h := range 100 {
			all = append(all, decrypts(h, n, who, more...)...)
		}
		return all
	}
	farm := past(8, node)
	for h := 0; h <= at; h += 6 {
		farm = append(farm, launch(h, 300))
	}
	for _, c := range []struct {
		name  string
		past  []*event.Event
		now   []*event.Event
		level string
	}{
		{"a hundred times the usual", past(8, node), decrypts(at, 800, node), "critical"},
		{"a burst of a hundred nodes", past(8, node), append(decrypts(at, 800, node), launch(at-1, 100)), ""},
		{"a burst launched long before", past(8, node), append(decrypts(at, 800, node), launch(at-20, 100)), "critical"},
		{"one or two for each node of a farm that has hardly opened it", farm, decrypts(at, 800, node), ""},
		{"refused", past(8, node), decrypts(at, 800, node, denied), ""},
		{"few, however rare before", past(1, node), decrypts(at, 400, node), ""},
		{"no past", nil, decrypts(at, 800, node), ""},
		{"by S3, a hundred times the usual", past(8, service(node), object), decrypts(at, 800, service(node), object), "low"},
		{"bucket keys were in use, and now are not", past(8, service(node), bucket), decrypts(at, 800, service(node), object), ""},
		{"bucket keys start", past(800/100, service(node), object), decrypts(at, 800, service(node), bucket), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, "keyuse.rate", home(t), append(c.past, c.now...)...)
			if c.level == "" && len(got) > 0 || c.level != "" && (len(got) != 1 || got[0].Level.String() != c.level || got[0].Count != 800) {
				t.Errorf("want %q:\n%s", c.level, detecttest.Show(got))
			}
		})
	}
}
