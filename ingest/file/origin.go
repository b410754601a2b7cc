package file

import (
	"path/filepath"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// origin is that of a file.
func origin(path, source string, identity []byte) *event.Origin {
	o := &event.Origin{Source: source, Name: path, Identity: identity}
	placeOf(o, path)
	return o
}

// placeOf tells account and region where the path is that of an S3 object:
// AWSLogs/[o-org/]<account>/<service>/<region>/…, or Hive style with
// aws-account-id=… and aws-region=…; of a file that was copied out of its
// folders, by the name <account>_<service>_<region>_….
func placeOf(o *event.Origin, path string) {
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, p := range parts {
		switch key, value, _ := strings.Cut(p, "="); {
		case key == "aws-account-id":
			o.Account = value
		case key == "aws-region":
			o.Region = value
		case p == "AWSLogs":
			o.Account, o.Region = awsLogs(parts[i+1:])
		}
	}
	if o.Account == "" {
		o.Account, o.Region = accountFirst(strings.Split(parts[len(parts)-1], "_"))
	}
}

func awsLogs(parts []string) (account, region string) {
	if len(parts) > 0 && strings.HasPrefix(parts[0], "o-") {
		parts = parts[1:]
	}
	return accountFirst(parts)
}

// accountFirst reads account, service, region.
func accountFirst(parts []string) (account, region string) {
	if len(parts) == 0 || len(parts[0]) != 12 || !digits(parts[0]) {
		return "", ""
	}
	if len(parts) > 2 && strings.Count(parts[2], "-") >= 2 {
		region = parts[2]
	}
	return parts[0], region
}
