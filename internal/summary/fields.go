package summary

import "strings"

// tree is what is read, as the document nests it. It is never changed.
var tree = grow(map[string]func(*reading, []byte){
	"@timestamp":                          at(func(r *reading) *int64 { return &r.out.Time }),
	"event.created":                       at(func(r *reading) *int64 { return &r.out.Created }),
	"event.kind":                          str(func(r *reading) *string { return &r.out.Kind }),
	"event.dataset":                       str(func(r *reading) *string { return &r.out.Dataset }),
	"event.provider":                      str(func(r *reading) *string { return &r.out.Provider }),
	"event.action":                        str(func(r *reading) *string { return &r.out.Action }),
	"event.outcome":                       str(func(r *reading) *string { return &r.out.Outcome }),
	"event.id":                            str(func(r *reading) *string { return &r.out.EventID }),
	"event.severity":                      num(func(r *reading) *int64 { return &r.out.Severity }),
	"burstwatch.source":                   str(func(r *reading) *string { return &r.out.Source }),
	"aws.cloudtrail.recipient_account_id": str(func(r *reading) *string { return &r.out.Recipient }),
	"aws.cloudtrail.error_code":           str(func(r *reading) *string { return &r.out.ErrorCode }),
	"cloud.account.id":                    str(func(r *reading) *string { return &r.out.Account }),
	"cloud.region":                        str(func(r *reading) *string { return &r.out.Region }),
	"studio.identity.person":              str(func(r *reading) *string { return &r.person }),
	"studio.identity.service":             str(func(r *reading) *string { return &r.service }),
	"user.name":                           str(func(r *reading) *string { return &r.userName }),
	"user.email":                          str(func(r *reading) *string { return &r.email }),
	"user.id":                             str(func(r *reading) *string { return &r.userID }),
	"source.ip":                           str(func(r *reading) *string { return &r.out.SourceIP }),
	"source.address":                      str(func(r *reading) *string { return &r.sourceAddress }),
	"destination.ip":                      str(func(r *reading) *string { return &r.out.DestinationIP }),
	"destination.address":                 str(func(r *reading) *string { return &r.destinationAddress }),
	"studio.production":                   str(func(r *reading) *string { return &r.out.Production }),
	"message":                             str(func(r *reading) *string { return &r.out.Message }),
	"studio.alert.id":                     str(func(r *reading) *string { return &r.out.Alert.ID }),
	"studio.alert.short_id":               str(func(r *reading) *string { return &r.out.Alert.ShortID }),
	"studio.alert.revision":               num(func(r *reading) *int64 { return &r.out.Alert.Revision }),
	"studio.alert.state":                  str(func(r *reading) *string { return &r.out.Alert.State }),
	"studio.alert.count":                  num(func(r *reading) *int64 { return &r.out.Alert.Count }),
	"studio.alert.first":                  at(func(r *reading) *int64 { return &r.out.Alert.First }),
	"studio.alert.last":                   at(func(r *reading) *int64 { return &r.out.Alert.Last }),
	"studio.alert.subject":                str(func(r *reading) *string { return &r.out.Alert.Subject }),
	"studio.alert.do":                     list(func(r *reading) *[]string { return &r.out.Alert.Do }),
	"studio.control":                      list(func(r *reading) *[]string { return &r.out.Alert.Controls }),
	"rule.id":                             str(func(r *reading) *string { return &r.out.Alert.RuleID }),
	"rule.name":                           str(func(r *reading) *string { return &r.out.Alert.RuleName }),
	"rule.level":                          str(func(r *reading) *string { return &r.out.Alert.Level }),
})

func grow(fields map[string]func(*reading, []byte)) node {
	root := node{under: map[string]*node{}}
	for name, take := range fields {
		n := &root
		for part := range strings.SplitSeq(name, ".") {
			if n.under == nil {
				n.under = map[string]*node{}
			}
			if n.under[part] == nil {
				n.under[part] = &node{}
			}
			n = n.under[part]
		}
		n.take = take
	}
	return root
}

func str(field func(*reading) *string) func(*reading, []byte) {
	return func(r *reading, raw []byte) { *field(r) = Text(raw) }
}

func num(field func(*reading) *int64) func(*reading, []byte) {
	return func(r *reading, raw []byte) { *field(r) = whole(raw) }
}

func at(field func(*reading) *int64) func(*reading, []byte) {
	return func(r *reading, raw []byte) { *field(r) = moment(raw) }
}

func list(field func(*reading) *[]string) func(*reading, []byte) {
	return func(r *reading, raw []byte) { *field(r) = texts(raw) }
}
