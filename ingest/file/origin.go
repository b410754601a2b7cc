package file

import (
	"path/filepath"

	"github.com/burstwatch/burstwatch/ingest/awskey"
	"github.com/burstwatch/burstwatch/internal/event"
)

// origin is that of a file. Account and region are told where the path is that
// of an S3 object.
func origin(path, source string, identity []byte) *event.Origin {
	k := awskey.Parse(filepath.ToSlash(path))
	return &event.Origin{Source: source, Name: path, Identity: identity, Account: k.Account, Region: k.Region}
}
