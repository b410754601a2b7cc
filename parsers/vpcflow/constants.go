package vpcflow

// literal is text behind which a step more can be read.
func literal(text string) []byte {
	return append(make([]byte, 0, (len(text)/step+2)*step), text...)
}

var (
	litTimestamp = literal(`{"@timestamp":"`)
	litStatus    = literal(`","log_status":"`)
	litVersion   = literal(`","version":"`)
	litDelivery  = literal(`"}},"burstwatch":{"delivery_id":"`)
	litRecord    = literal(`","record":`)
	litQuote     = literal(`"`)
	litIP        = literal(`","ip":"`)
	litPort      = literal(`","port":`)
	litZero      = literal(`0`)
	litBillion   = literal(`000000000`)
	litEnd       = literal(`,"end":"`)
	litOriginal  = literal(`","kind":"event","module":"aws","original":"`)
	litBytes     = literal(`},"network":{"bytes":`)
	litCommunity = literal(`,"community_id":"1:`)
	litPackets   = literal(`","packets":`)
	// litDirections is by whether the source is inside of the network, and by
	// whether the destination is.
	litDirections = [...][]byte{
		literal(`,"direction":"external","iana_number":"`),
		literal(`,"direction":"egress","iana_number":"`),
		literal(`,"direction":"ingress","iana_number":"`),
		literal(`,"direction":"internal","iana_number":"`),
	}
	litTransport     = literal(`,"transport":"`)
	litRelated       = literal(`,"type":"ipv4"},"related":{"ip":["`)
	litComma         = literal(`","`)
	litSourceAddress = literal(`"]},"source":{"address":"`)
	litSourceBytes   = literal(`","bytes":`)
	litSourceIP      = literal(`,"ip":"`)
	litSourcePackets = literal(`","packets":`)
	litSourcePort    = literal(`,"port":`)
	litLast          = literal(`}}`)
)

// verdictText is what the verdict on a flow puts into its document, place by
// place.
type verdictText struct {
	initiator             [3][]byte // by who opened the connection
	event, outcome, types []byte
}

// verdicts are the texts of flows that were accepted, and of those rejected.
var verdicts = [...]verdictText{
	newVerdict("ACCEPT", "accept", "success", "allowed"), newVerdict("REJECT", "reject", "failure", "denied"),
}

func newVerdict(action, word, outcome, kind string) verdictText {
	return verdictText{
		initiator: [...][]byte{
			nobodyKnows:    literal(`","action":"` + action + `","interface_id":"`),
			theSource:      literal(`","action":"` + action + `","initiator":"source","interface_id":"`),
			theDestination: literal(`","action":"` + action + `","initiator":"destination","interface_id":"`),
		},
		event:   literal(`},"ecs":{"version":"8.11.0"},"event":{"action":"` + word + `","category":["network"],"created":"`),
		outcome: literal(`","outcome":"` + outcome + `","start":"`),
		types:   literal(`","type":["connection","` + kind + `"]},"log":{"file":{"path":"`),
	}
}
