package vpcflow

import (
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

// transports are the names of protocols by their IANA number
// (iana.org/assignments/protocol-numbers), in lower case as ECS wants them;
// numbers without a name of their own are Null.
var transports = func() (out [256]event.Value) {
	for i, name := range strings.Fields(protocolNames) {
		if name != "-" {
			out[i] = event.Value{Kind: event.Escaped, Bytes: []byte(name)}
		}
	}
	return out
}()

// protocolNames begin with protocol 0; - stands for a number without a name.
const protocolNames = `
hopopt icmp igmp ggp ipv4 st tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet
chaos udp mux dcn-meas hmp prm xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 netblt mfe-nsp
merit-inp dccp 3pc idpr xtp ddp idpr-cmtp tp++ il ipv6 sdrp ipv6-route ipv6-frag idrp rsvp gre
dsr bna esp ah i-nlsp swipe narp min-ipv4 tlsp skip ipv6-icmp ipv6-nonxt ipv6-opts - cftp -
sat-expak kryptolan rvd ippc - sat-mon visa ipcv cpnx cphb wsn pvp br-sat-mon sun-nd wb-mon wb-expak
iso-ip vmtp secure-vmtp vines iptm nsfnet-igp dgp tcf eigrp ospfigp sprite-rpc larp mtp ax.25 ipip micp
scc-sp etherip encap - gmtp ifmp pnni pim aris scps qnx a/n ipcomp snp compaq-peer ipx-in-ip
vrrp pgm - l2tp ddx iatp stp srp uti smp sm ptp isis-over-ipv4 fire crtp crudp
sscopmce iplt sps pipe sctp fc rsvp-e2e-ignore mobility-header udplite mpls-in-ip manet shim6 wesp rohc ethernet aggfrag
nsh homa
`

// tcpFlagArrays are the names of the flags of each sum, as JSON.
var tcpFlagArrays = func() (out [256]event.Value) {
	names := [8]string{"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"}
	for sum := range out {
		var set []string
		for bit, name := range names {
			if sum>>bit&1 != 0 {
				set = append(set, `"`+name+`"`)
			}
		}
		out[sum] = event.RawJSON([]byte("[" + strings.Join(set, ",") + "]"))
	}
	return out
}()
