package inventory

import (
	"slices"
	"strings"
)

// implied are the placeholders whose values follow from the studio file. Those
// that name sessions or buckets hold wildcards, as Sigma allows in a value.
var implied = map[string]func(*Studio) []string{
	"studio_cidrs":     func(s *Studio) []string { return gather(s.Sites, func(x Site) []string { return x.CIDRs }) },
	"account_ids":      func(s *Studio) []string { return each(s.Accounts, func(x Account) string { return x.ID }) },
	"artists":          func(s *Studio) []string { return slices.Clone(s.Artists) },
	"bastions":         func(s *Studio) []string { return slices.Clone(s.Bastions) },
	"regions":          func(s *Studio) []string { return each(s.Productions, func(x Production) string { return x.Region }) },
	"approved_images":  func(s *Studio) []string { return each(s.Images, func(x Image) string { return x.ID + x.Digest }) },
	"approved_digests": func(s *Studio) []string { return each(s.Images, func(x Image) string { return x.Digest }) },
	"content_buckets": func(s *Studio) []string {
		return gather(s.Productions, func(x Production) []string { return x.Buckets })
	},
	"content_vpcs": func(s *Studio) []string {
		return each(s.Networks, func(x Network) string { return when(x.Kind == "content", x.VPC) })
	},
	"content_keys": func(s *Studio) []string {
		return each(s.Keys, func(x Key) string { return when(x.Purpose == "content asset", x.ARN) })
	},
	"connection_servers": func(s *Studio) []string { return gather(s.Repositories, func(x Host) []string { return x.Addresses }) },
	"render_roles":       withDuty("render"),
	"deadline_roles":     withDuty("deadline"),
	"deployer_roles":     withDuty("deployer"),
	"network_roles":      withDuty("network"),
	"people_sessions": func(s *Studio) []string {
		return each(s.Roles, func(x Role) string { return when(len(people(x)) > 0, x.session("*")) })
	},
	"allowed_sessions": func(s *Studio) []string {
		return gather(s.Roles, func(x Role) (out []string) {
			for _, login := range people(x) {
				out = append(out, x.session(login))
			}
			return out
		})
	},
}

// withDuty gives the ARNs of the roles that have a duty.
func withDuty(duty string) func(*Studio) []string {
	return func(s *Studio) []string {
		return each(s.Roles, func(x Role) string { return when(x.Duty == duty, x.ARN) })
	}
}

// people are those who may assume a role that are neither services nor ARNs.
func people(r Role) []string {
	return slices.DeleteFunc(slices.Clone(r.MayAssume), func(who string) bool {
		return strings.HasSuffix(who, ".amazonaws.com") || strings.HasPrefix(who, "arn:")
	})
}

// session is how STS names sessions of the role. A role's path is not in it.
func (r Role) session(name string) string {
	account := r.Account
	if parts := strings.Split(r.ARN, ":"); account == "" && len(parts) > 4 {
		account = parts[4]
	}
	role := r.ARN[strings.LastIndex(r.ARN, "/")+1:]
	if role == "" {
		role = r.Name
	}
	return "arn:aws*:sts::" + account + ":assumed-role/" + role + "/" + name
}

func when(is bool, value string) string {
	if is {
		return value
	}
	return ""
}

// each gathers one value of each item, empty ones left out, each once.
func each[T any](from []T, value func(T) string) []string {
	return gather(from, func(x T) []string { return []string{value(x)} })
}

// gather gathers the values of each item.
func gather[T any](from []T, values func(T) []string) (out []string) {
	for _, x := range from {
		for _, v := range values(x) {
			if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}
