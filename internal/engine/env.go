package engine

// Env is what a child needs so that it talks to this very engine.
func (e *Engine) Env() []string {
	env := []string{"DOCKER_HOST=" + e.Host}
	if e.TLSDir != "" {
		env = append(env, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+e.TLSDir)
	}
	return env
}
