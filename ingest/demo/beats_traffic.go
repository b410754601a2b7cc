package demo

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

// trafficBeats are seen in flow logs alone.
func trafficBeats() []Beat {
	return []Beat{
		headline(withStudio(violation(12, 30, "egress", "A render node of SABLE sends to a host on the internet", egress, "2.2"))),
		withStudio(nearMiss(13, 5, "egress-by-endpoint", "The same node sends more than that to S3, by the gateway endpoint", egressByEndpoint, "2.2")),
		withStudio(nearMiss(13, 12, "public-time", "Two render nodes ask a public time server", publicTime, "2.2")),
		nearMiss(13, 20, "egress-refused", "A render node tries the internet and is refused", egressRefused, "2.2"),
		withStudio(nearMiss(13, 25, "late-reply", "A node's answer to the monitoring in London comes late and alone", lateReply, "2.2")),
		nearMiss(13, 30, "gap", "An interface's rows of a minute were not kept", gap, "8.1"),
		withStudio(violation(15, 10, "segment-crossed", "A node of EMBER (tier 3) reaches a file server of SABLE (tier 1)", segmentCrossed, "2.3", "2.4", "2.6")),
		nearMiss(15, 15, "segment-refused", "A node of EMBER tries a file server of SABLE and is refused", segmentRefused, "2.3", "2.4", "2.6"),
		withStudio(violation(15, 25, "ssh-from-desk", "Somebody's desk in London reaches a render node by SSH", sshFromDesk, "4.1")),
		withStudio(nearMiss(15, 28, "ssh-from-bastion", "The bastion reaches a render node by SSH", sshFromBastion, "4.1")),
	}
}

const tcp, udp = 6, 17

// talk keeps both rows of a conversation that h has with a peer. client tells
// that h began it.
func (s *stage) talk(v *studio.VPC, h *studio.Host, after time.Duration, client bool, peer string, from, port, protocol int, up, down int64, more vpcflow.Flow) {
	there := more
	there.Source, there.SourcePort, there.Destination, there.DestinationPort, there.Protocol = h.IP, from, peer, port, protocol
	if !client {
		there.Source, there.Destination = peer, h.IP
	}
	back := there
	back.Source, back.SourcePort, back.Destination, back.DestinationPort = there.Destination, there.DestinationPort, there.Source, there.SourcePort
	there.Egress, back.Egress = client, !client
	there.Bytes, there.Packets = up, up/1380+1
	back.Bytes, back.Packets = down, down/1380+1
	if protocol == tcp {
		there.Flags, back.Flags = 3, 19
	}
	s.flow(v, h, after, there)
	s.flow(v, h, after, back)
}

// egress: six minutes, more in each, 5.2 GB in all.
func egress(s *stage) {
	p := s.studio.Production("SABLE")
	h := s.node(p, 7)
	for i, bytes := range []int64{41_811_220, 318_204_551, 902_455_130, 1_204_889_006, 1_377_410_882, 1_402_118_640} {
		s.talk(p.VPC, h, time.Duration(i+1)*time.Minute, true, studio.DropBox, 51822, 443, tcp, bytes, bytes/61, vpcflow.Flow{Path: 8})
	}
}

func egressByEndpoint(s *stage) {
	p := s.studio.Production("SABLE")
	to := studio.StorageRange(p.Region).Addr().Next().Next().String()
	for i, bytes := range []int64{1_907_455_130, 2_104_889_006, 2_377_410_882} {
		s.talk(p.VPC, s.node(p, 7), time.Duration(i+1)*time.Minute, true, to, 44310+i, 443, tcp, bytes, bytes/70, vpcflow.Flow{Service: "S3", Path: 7})
	}
}

func publicTime(s *stage) {
	p := s.studio.Production("SABLE")
	for i := range 2 {
		s.talk(p.VPC, s.node(p, 9+i), time.Duration(i+1)*time.Minute, true, studio.PublicNTP, 123, 123, udp, 76, 76, vpcflow.Flow{Path: 8})
	}
}

func egressRefused(s *stage) {
	p := s.studio.Production("HALO")
	h := s.node(p, 2)
	for i := range 3 {
		s.flow(p.VPC, h, time.Duration(i+1)*time.Minute, vpcflow.Flow{
			Source: h.IP, SourcePort: 40112 + i, Destination: studio.DropBox, DestinationPort: 443, Protocol: tcp,
			Packets: 3, Bytes: 180, Reject: true, Flags: 2, Egress: true, Path: 8,
		})
	}
}

func lateReply(s *stage) {
	p := s.studio.Production("SABLE")
	h := s.node(p, 1)
	s.flow(p.VPC, h, time.Minute, vpcflow.Flow{
		Source: h.IP, SourcePort: 9100, Destination: "10.100.5.9", DestinationPort: 41822, Protocol: tcp,
		Packets: 31, Bytes: 40_118, Flags: 1, Egress: true,
	})
}

func gap(s *stage) {
	p := s.studio.Production("SABLE")
	s.flow(p.VPC, s.node(p, 4), time.Minute, vpcflow.Flow{Status: "SKIPDATA"})
}

func segmentCrossed(s *stage) {
	v := s.studio.VPC("sable")
	from := s.node(s.studio.Production("EMBER"), 6)
	s.talk(v, v.Host(studio.FileServer), time.Minute, false, from.IP, 50117, 445, tcp, 18_402, 7_340_911, vpcflow.Flow{})
}

func segmentRefused(s *stage) {
	v := s.studio.VPC("sable")
	h, from := v.Host("files-2"), s.node(s.studio.Production("EMBER"), 6)
	for i := range 2 {
		s.flow(v, h, time.Duration(i+1)*time.Minute, vpcflow.Flow{
			Source: from.IP, SourcePort: 50402 + i, Destination: h.IP, DestinationPort: 445, Protocol: tcp, Packets: 3, Bytes: 156, Reject: true, Flags: 2,
		})
	}
}

func sshFromDesk(s *stage) {
	p := s.studio.Production("SABLE")
	s.talk(p.VPC, s.node(p, 2), time.Minute, false, "10.100.40.77", 53390, 22, tcp, 9_120, 22_418, vpcflow.Flow{})
}

func sshFromBastion(s *stage) {
	p := s.studio.Production("SABLE")
	s.talk(p.VPC, s.node(p, 2), time.Minute, false, s.studio.VPC("mgmt-eu").Host(studio.Bastion).IP, 40018, 22, tcp, 8_004, 19_577, vpcflow.Flow{})
}
