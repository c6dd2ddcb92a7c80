package checks

// healthChecks ask the image about itself.
// contract: HEALTH-01 HEALTH-02 STATUS-04 SVC-05 NAME-01 NAME-02 NAME-03 NAME-04
func healthChecks() []Check {
	return append(scripts(idle(), []scripted{
		{clause: "HEALTH-01", name: "an idle container is healthy, in one line", script: `/command/hermes-health`, match: `^healthy[^\n]*\n$`},
		{clause: "HEALTH-01", name: "health --json prints one object", script: `hermes container health --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["healthy"])'`, want: "True"},
		{clause: "NAME-01", name: "a name with a dot makes no slot", script: `hermes profile create a.b; test $? != 0 && ! test -e /run/service/gateway-a.b`},
		{clause: "NAME-02", name: "a reserved profile name is refused", script: `hermes profile create root`, code: 1},
		{clause: "NAME-03", name: "a profile is selected by --profile=", script: `hermes --profile=default gateway status`, code: 3},
		{clause: "NAME-04", name: "a bad profile name after -p gives exit code 2", script: `hermes -p no:x gateway start`, code: 2},
		{clause: "NAME-04", name: "a bad profile name in --profile= gives exit code 1", script: `hermes --profile=no:x gateway start`, code: 1, match: `^Error: `},
		{clause: "NAME-04", name: "a missing profile gives exit code 1", script: `hermes --profile=nobody status`, code: 1, match: `^Error: `},
	}), scripts(supervised(), []scripted{
		{clause: "HEALTH-02", name: "a running gateway is healthy", script: `/command/hermes-health`, match: `^healthy`},
		{
			clause: "STATUS-04", name: "container doctor finds nothing in a good container",
			script: `hermes container doctor --json | python3 -c 'import json,sys; d = json.load(sys.stdin); print(d["schema"].split("/")[1], d["findings"])'`, want: "v1 []",
		},
		{
			clause: "SVC-05", name: "s6-svstat also prints restarts, crash loop and next start",
			script: `/command/s6-svstat -o up,restarts,crashloop,nextstart /run/service/gateway-default`, match: `^true \d+ false \S+\n$`,
		},
	})...)
}
