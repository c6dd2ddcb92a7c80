package junit

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSuitesCountTheirCases(t *testing.T) {
	var out strings.Builder
	err := Write(&out, "docker", []Case{
		{Suite: "a", Name: "TestOne", Took: 1500 * time.Millisecond},
		{Suite: "b", Name: "TestTwo", Took: time.Second, Failure: "want 1 < 2 & \x1b[31mred\x00"},
		{Suite: "a", Name: "TestThree/sub", Skipped: "slim has no browser"},
		{Suite: "b", Name: "TestFour", Error: "the engine went away"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := xml.Header + `<testsuites name="docker" tests="4" failures="1" errors="1" skipped="1" time="2.500">
  <testsuite name="a" tests="2" failures="0" errors="0" skipped="1" time="1.500">
    <testcase classname="a" name="TestOne" time="1.500"></testcase>
    <testcase classname="a" name="TestThree/sub" time="0.000">
      <skipped message="slim has no browser"></skipped>
    </testcase>
  </testsuite>
  <testsuite name="b" tests="2" failures="1" errors="1" skipped="0" time="1.000">
    <testcase classname="b" name="TestTwo" time="1.000">
      <failure message="failed">want 1 &lt; 2 &amp; ` + "\uFFFD[31mred\uFFFD" + `</failure>
    </testcase>
    <testcase classname="b" name="TestFour" time="0.000">
      <error message="could not be judged">the engine went away</error>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestARunOfNothingIsStillAReport(t *testing.T) {
	var out strings.Builder
	if err := Write(&out, "unit", nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `<testsuites name="unit" tests="0" failures="0" errors="0" skipped="0" time="0.000">`) {
		t.Error(out.String())
	}
}
