package inventory

import (
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"
)

// Index answers what is known of the studio. It is immutable; what it returns
// belongs to it and must not be changed. All methods may be called on a nil
// *Index, which knows nothing.
//
// Names are compared as AWS compares them: account ids, ARNs and ids exactly,
// logins without regard to case.
type Index struct {
	studio      Studio
	everywhere  bart.Table[*Place]
	scopes      map[string]*bart.Table[*Place] // of accounts with region, and of VPCs
	networks    map[string]*Network            // by VPC id
	vpcs        map[string]*Place
	subnets     map[string]*Place
	interfaces  map[string]*Place
	accounts    map[string]*Account
	productions map[string]*Production
	sole        map[string]*Production // of accounts that one production has alone
	keys        map[string]*Key
	roles       map[string]*Role
	people      map[string]*Person
	buckets     map[string]*Production
	images      map[string]*Image
	reaches     map[*Network]*reach
	subReaches  map[*Subnet]*reach
	exceptions  map[string][]*Exception
}

// Studio is the file behind the index; the caller must not change it. nil if
// there is none.
func (x *Index) Studio() *Studio {
	if x == nil {
		return nil
	}
	return &x.studio
}

// Account is the account with that id, nil if the file names none.
func (x *Index) Account(id string) *Account {
	if x == nil {
		return nil
	}
	return x.accounts[id]
}

// AccountBytes is Account of an id that is not a string yet.
func (x *Index) AccountBytes(id []byte) *Account {
	if x == nil {
		return nil
	}
	return x.accounts[string(id)]
}

// Production is the production of that name, without regard to case.
func (x *Index) Production(name string) *Production {
	if x == nil {
		return nil
	}
	return x.productions[strings.ToLower(name)]
}

// AccountProduction is the production that an account belongs to alone; nil if
// it is shared or unknown.
func (x *Index) AccountProduction(id string) *Production {
	if x == nil {
		return nil
	}
	return x.sole[id]
}

// Bucket is the production whose content a bucket holds.
func (x *Index) Bucket(name string) *Production {
	if x == nil {
		return nil
	}
	return x.buckets[name]
}

// Network is the VPC with that id.
func (x *Index) Network(vpc string) *Network {
	if x == nil {
		return nil
	}
	return x.networks[vpc]
}

// VPC is the VPC with that id, as a place: with its zone, production and tier.
func (x *Index) VPC(id string) *Place {
	if x == nil {
		return nil
	}
	return x.vpcs[id]
}

// Subnet is the subnet with that id, as a place: with its network, zone,
// production and tier.
func (x *Index) Subnet(id string) *Place {
	if x == nil {
		return nil
	}
	return x.subnets[id]
}

// Interface is the host that has a network interface (eni-…).
func (x *Index) Interface(id string) *Place {
	if x == nil {
		return nil
	}
	return x.interfaces[id]
}

// Image is the approved image with that AMI id or digest.
func (x *Index) Image(id string) *Image {
	if x == nil {
		return nil
	}
	return x.images[strings.ToLower(id)]
}

// Address is what is known of an address, by the longest prefix over sites,
// places, networks, subnets and hosts; nil if nothing is. Networks that are
// repeated are left out: see [Index.AddressIn].
func (x *Index) Address(a netip.Addr) *Place {
	if x == nil {
		return nil
	}
	p, _ := x.everywhere.Lookup(a.Unmap())
	return p
}

// Repeats reports whether some networks are repeated, so that AddressIn can say
// other than Address.
func (x *Index) Repeats() bool { return x != nil && len(x.scopes) > 0 }

// AddressIn is Address for a record of one VPC, or of one account and region:
// the networks of these come first, so that 10.0.0.0/16 may stand in every
// account. Each of the three may be empty.
func (x *Index) AddressIn(a netip.Addr, account, region, vpc string) *Place {
	if x == nil {
		return nil
	}
	a = a.Unmap()
	if t := x.scopes[vpc]; t != nil && vpc != "" {
		if p, ok := t.Lookup(a); ok {
			return p
		}
	}
	if account != "" {
		if t := x.scopes[account+"/"+region]; t != nil {
			if p, ok := t.Lookup(a); ok {
				return p
			}
		}
	}
	p, _ := x.everywhere.Lookup(a)
	return p
}
