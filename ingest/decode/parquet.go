package decode

import "io"

func (s *Stream) unparquet(w io.Writer) error {
	return &CorruptError{Reason: "Parquet is not read yet"}
}
