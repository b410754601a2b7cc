package window

// Poison has the engine overwrite the memory that it uses again, so that who kept
// bytes of what was found is seen.
func (e *Engine) Poison() { e.poison = true }
