package web

import (
	"encoding/json"
	"net/http"
)

// statusJSON is the pipeline's state for `burstwatch status`.
func (s *Server) statusJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(s.Status()); err != nil {
		s.Log.Debug("the status could not be sent", "error", err)
	}
}
