package harness

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPollReturnsWhenItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		err := Poll(t.Context(), "third look", time.Minute, func(context.Context) (string, bool, error) {
			looks++
			return "", looks == 3, nil
		})
		if err != nil || looks != 3 {
			t.Errorf("want nil after 3 looks, got %v after %d", err, looks)
		}
	})
}

func TestPollGivesUpWithTheLastValueSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		err := Poll(t.Context(), "blue moon", 10*time.Second, func(context.Context) (string, bool, error) {
			return "white moon", false, nil
		})
		if err == nil || !strings.Contains(err.Error(), "blue moon") || !strings.Contains(err.Error(), "white moon") {
			t.Errorf("want an error with what was waited for and what was seen, got %v", err)
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("want to give up after 10s, took %v", took)
		}
	})
}

func TestPollEndsAtAPointlessError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		err := Poll(t.Context(), "return", time.Minute, func(context.Context) (string, bool, error) { return "", false, gone })
		if !errors.Is(err, gone) {
			t.Errorf("want the probe's error, got %v", err)
		}
	})
}
