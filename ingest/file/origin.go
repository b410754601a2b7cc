package file

import (
	"path/filepath"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// origin tells account and region where the path is that of an S3 object:
// AWSLogs/[o-org/]<account>/<service>/<region>/…, or Hive style with
// aws-account-id=… and aws-region=….
func origin(path, source string, identity []byte) *event.Origin {
	o := &event.Origin{Source: source, Name: path, Identity: identity}
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, p := range parts {
		if v, ok := strings.CutPrefix(p, "aws-account-id="); ok {
			o.Account = v
		}
		if v, ok := strings.CutPrefix(p, "aws-region="); ok {
			o.Region = v
		}
		if p == "AWSLogs" {
			o.Account, o.Region = awsLogs(parts[i+1:])
		}
	}
	return o
}

func awsLogs(parts []string) (account, region string) {
	if len(parts) > 0 && strings.HasPrefix(parts[0], "o-") {
		parts = parts[1:]
	}
	if len(parts) > 0 && len(parts[0]) == 12 && digits(parts[0]) {
		account = parts[0]
		if len(parts) > 2 {
			region = parts[2]
		}
	}
	return account, region
}
