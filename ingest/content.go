package ingest

// Content is what the options of a source say of what it reads. They hold it
// inline.
type Content struct {
	Dataset string `yaml:"dataset" doc:"What the logs are, such as aws.cloudtrail. Empty means that name and content tell, of each file, object or event."`
	Format  string `yaml:"format" doc:"The columns of flow logs that have no header."`
}

// LineFormat is what lines without a header are read by, for a replay of them.
func (c *Content) LineFormat() string { return c.Format }
