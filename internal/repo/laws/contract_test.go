package laws

import (
	"fmt"
	"strings"
	"testing"

	"caduceus/internal/front/versions"
)

// What "hermes container version" says of the contract is what the contract says of itself.
func TestTheContractHasTheVersionThatTheImageTells(t *testing.T) {
	contract, _ := repository(t).File("docs/spec/contract.md")
	if want := fmt.Sprintf("\n**Version** %d. ", versions.Contract); !strings.Contains(contract.Text, want) {
		t.Errorf("docs/spec/contract.md: lacks %q: internal/front/versions says so", want)
	}
}
