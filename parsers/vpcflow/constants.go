package vpcflow

// literal is text behind which a step more can be read.
func literal(text string) []byte {
	return append(make([]byte, 0, (len(text)/step+2)*step), text...)
}

var (
	litTimestamp = literal(`{"@timestamp":"`)
	litAWS       = literal(`","aws":{`)
	litAccount   = literal(`"vpcflow":{"account_id":"`)
	litInitiator = [...][]byte{
		nobodyKnows:    literal(`","interface_id":"`),
		theSource:      literal(`","initiator":"source","interface_id":"`),
		theDestination: literal(`","initiator":"destination","interface_id":"`),
	}
	litStatus        = literal(`","log_status":"`)
	litVersion       = literal(`","version":"`)
	litDelivery      = literal(`"}},"burstwatch":{"delivery_id":"`)
	litRecord        = literal(`","record":`)
	litSource        = literal(`,"source":"`)
	litCloud         = literal(`"},"cloud":{`)
	litCloudAccount  = literal(`"account":{"id":"`)
	litQuoteBrace    = literal(`"},`)
	litProvider      = literal(`"provider":"aws"`)
	litRegion        = literal(`,"region":"`)
	litQuote         = literal(`"`)
	litDestination   = literal(`},"data_stream":{"dataset":"aws.vpcflow","namespace":"default","type":"logs"},"destination":{"address":"`)
	litIP            = literal(`","ip":"`)
	litPort          = literal(`","port":`)
	litDuration      = literal(`","dataset":"aws.vpcflow","duration":`)
	litZero          = literal(`0`)
	litBillion       = literal(`000000000`)
	litEnd           = literal(`,"end":"`)
	litOriginal      = literal(`","kind":"event","module":"aws","original":"`)
	litOffset        = literal(`"},"offset":`)
	litBytes         = literal(`},"network":{"bytes":`)
	litCommunity     = literal(`,"community_id":"1:`)
	litDirection     = literal(`,"direction":"`)
	litIANA          = literal(`,"iana_number":"`)
	litPackets       = literal(`","packets":`)
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
type verdictText struct{ action, event, outcome, types []byte }

var accepted, rejected = verdictText{
	action:  literal(`","action":"ACCEPT`),
	event:   literal(`},"ecs":{"version":"8.11.0"},"event":{"action":"accept","category":["network"],"created":"`),
	outcome: literal(`","outcome":"success","start":"`),
	types:   literal(`","type":["connection","allowed"]},"log":{"file":{"path":"`),
}, verdictText{
	action:  literal(`","action":"REJECT`),
	event:   literal(`},"ecs":{"version":"8.11.0"},"event":{"action":"reject","category":["network"],"created":"`),
	outcome: literal(`","outcome":"failure","start":"`),
	types:   literal(`","type":["connection","denied"]},"log":{"file":{"path":"`),
}
