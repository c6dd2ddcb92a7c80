#!/bin/sh
# Runs a command that uses the network, trusting the build host's CA bundle if
# the build was given one (--secret id=ca). The bundle is a mount of this one
# step: it never ends in a layer.
set -eu
ca=/run/secrets/ca
if [ -s "$ca" ]; then
	export SSL_CERT_FILE="$ca" CURL_CA_BUNDLE="$ca" REQUESTS_CA_BUNDLE="$ca" \
		PIP_CERT="$ca" NODE_EXTRA_CA_CERTS="$ca" NPM_CONFIG_CAFILE="$ca"
fi
exec "$@"
