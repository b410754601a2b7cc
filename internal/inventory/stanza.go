package inventory

import "strings"

// Stanza is what to paste into the studio file so that a placeholder, or a field
// that events have by it, gets its values; the values are to be replaced by the
// studio's own. part is the part of the file.
func Stanza(need string) (part, text string) {
	part, ok := partOf[need]
	if !ok {
		for _, f := range fieldParts {
			if strings.HasPrefix(need, f.field) {
				part, ok = f.part, true
				break
			}
		}
	}
	if !ok {
		return "placeholders", "placeholders:\n  " + need + ": [...]\n"
	}
	if text := special[need]; text != "" {
		return part, text
	}
	return part, stanzas[part]
}

// special are the stanzas of placeholders that the part's own example gives no
// value to.
var special = map[string]string{
	"approved_digests": "images:\n  - {digest: \"sha256:" + strings.Repeat("0123456789abcdef", 4) + "\", name: render container}\n",
	"deadline_roles":   "roles:\n  - {arn: \"arn:aws:iam::111111111111:role/deadline-spot\", duty: deadline, may_assume: [ec2.amazonaws.com]}\n",
	"deployer_roles":   "roles:\n  - {arn: \"arn:aws:iam::111111111111:role/deployer\", duty: deployer, may_assume: [cloudformation.amazonaws.com]}\n",
	"network_roles":    "roles:\n  - {arn: \"arn:aws:iam::111111111111:role/network-admin\", duty: network, may_assume: [ada.k@studio.example]}\n",
	"people_sessions":  someonesRole,
	"allowed_sessions": someonesRole,
}

const someonesRole = "roles:\n  - {arn: \"arn:aws:iam::111111111111:role/wrangler\", duty: people, may_assume: [ada.k@studio.example]}\n"

// partOf says which part of the file gives a placeholder its values.
var partOf = map[string]string{
	"studio_cidrs": "sites", "account_ids": "accounts", "artists": "artists", "bastions": "bastions", "regions": "productions",
	"approved_images": "images", "approved_digests": "images", "content_buckets": "productions", "content_vpcs": "networks",
	"content_keys": "keys", "connection_servers": "repositories", "render_roles": "roles", "deadline_roles": "roles",
	"deployer_roles": "roles", "network_roles": "roles", "people_sessions": "roles", "allowed_sessions": "roles",
}

// fieldParts says the same of fields, by how their names begin.
var fieldParts = []struct{ field, part string }{
	{"studio.key.", "keys"}, {"studio.identity.person", "people"}, {"studio.identity.", "roles"}, {"studio.site", "sites"},
	{"studio.source.", "networks"}, {"studio.destination.", "networks"}, {"studio.network.", "networks"},
	{"studio.production", "productions"}, {"studio.tier", "productions"}, {"studio.window", "windows"},
	{"cloud.account.name", "accounts"}, {"source.geo.", "places"}, {"destination.geo.", "places"}, {"source.as.", "places"}, {"destination.as.", "places"},
}

// stanzas are examples of the parts, as they are written in the file.
var stanzas = map[string]string{
	"accounts":     "accounts:\n  - {id: \"111111111111\", name: sable-prod, duty: production, production: SABLE}\n",
	"productions":  "productions:\n  - {name: SABLE, tier: 1, wrap: 2027-06-07, account: \"111111111111\", region: eu-west-2, buckets: [sable-assets]}\n",
	"sites":        "sites:\n  - {name: london, kind: office, cidrs: [203.0.113.0/28], country: GB, latitude: 51.51, longitude: -0.13}\n",
	"places":       "places:\n  - {name: partner in Paris, cidrs: [198.51.100.0/24], city: Paris, country: FR, latitude: 48.86, longitude: 2.35}\n",
	"networks":     "networks:\n  - {vpc: vpc-0123456789abcdef0, name: sable, kind: content, account: \"111111111111\", production: SABLE, cidrs: [10.16.0.0/16], may_reach: [licence_servers, \"aws:S3\"]}\n",
	"bastions":     "bastions: [10.8.0.20]\n",
	"repositories": "repositories:\n  - {name: deadline-rcs, addresses: [10.8.1.12]}\n",
	"keys":         "keys:\n  - {arn: \"arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab\", alias: alias/sable-content, purpose: content asset, production: SABLE}\n",
	"roles":        "roles:\n  - {arn: \"arn:aws:iam::111111111111:role/sable-render\", duty: render, production: SABLE, may_assume: [ec2.amazonaws.com]}\n",
	"people":       "people:\n  - {login: ada.k@studio.example, aliases: [adak]}\n",
	"artists":      "artists: [yann.c@studio.example]\n",
	"images":       "images:\n  - {id: ami-0123456789abcdef0, name: render node}\n",
	"windows":      "windows:\n  - {name: restore test, kind: disaster_recovery, from: 2026-11-05T11:30:00Z, to: 2026-11-05T12:30:00Z}\n",
}
