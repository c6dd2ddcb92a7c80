#!/bin/sh
# Runs a command that uses the network, trusting the CA bundle that the build was
# given (--build-arg CA=FILE, of the build context), if it was given one. The bundle
# is a mount of this one step: it never ends in a layer.
set -eu
ca=/run/ca.crt
if [ -s "$ca" ]; then
	export SSL_CERT_FILE="$ca" CURL_CA_BUNDLE="$ca" REQUESTS_CA_BUNDLE="$ca" \
		PIP_CERT="$ca" NODE_EXTRA_CA_CERTS="$ca" NPM_CONFIG_CAFILE="$ca"
fi
exec "$@"
