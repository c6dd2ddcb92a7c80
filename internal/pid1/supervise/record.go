package supervise

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/held"
	"caduceus/internal/line"
	"caduceus/internal/s6"
)

// maxRecord is more than any record has.
const maxRecord = 1024

// errRecord is wrapped where there is something in the place of a record that is none.
var errRecord = errors.New("not a record of this supervisor")

// record is all that the next supervisor needs if this one dies: its machine, the process that moves it, and the
// pipes of that process, by inode.
type record struct {
	m        machine
	pid      int   // 0: none
	start    int64 // of pid, as proc.StartOf
	isFinish bool
	dropped  bool   // the log pipe is not used any more
	log      uint64 // 0: none
	outputs  [2]uint64
	ready    uint64 // until run is ready
	readyFD  int
}

// recordForm is a record in one line. Times are those of the machine's monotonic clock, in nanoseconds, which a new
// process shares with the old one; 0 is none.
const recordForm = "1 state %d status %x pid %d start %d finish %t dropped %t log %d out %d err %d ready %d at %d" +
	" timer %d stable %d run %d became-ready %d end %d dying %t asked %q" +
	" fails %d delay %d counted %t backing-off %t last %d sweeping %d killing %d pending %q unstarted %d\n"

// clock gives the times of a process for another one.
type clock struct {
	now    time.Time
	uptime time.Duration // at now
}

// newClock reads the clocks.
func newClock(now time.Time) clock {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // it is always there
	return clock{now, time.Duration(ts.Nano())}
}

func (c clock) encode(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return int64(c.uptime + t.Sub(c.now))
}

func (c clock) decode(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return c.now.Add(time.Duration(nanos) - c.uptime)
}

func (r record) encode(c clock) string {
	m := r.m
	return fmt.Sprintf(recordForm,
		m.state, m.status.Encode(), r.pid, r.start, r.isFinish, r.dropped, r.log, r.outputs[0], r.outputs[1], r.ready, r.readyFD,
		c.encode(m.timer), c.encode(m.stableAt), c.encode(m.start), c.encode(m.ready), c.encode(m.end), m.dying, m.asked,
		m.backoff.fails, m.backoff.delay, m.counted, m.backingOff, m.run, c.encode(m.sweeping), c.encode(m.killing), m.pending, m.unstarted)
}

// decodeRecord reads what encode wrote, and nothing else.
func decodeRecord(text string, c clock) (r record, err error) {
	var status []byte
	var timer, stable, start, ready, end, sweeping, killing int64
	m := &r.m
	if len(text) > maxRecord {
		return record{}, errRecord
	}
	err = line.Scan(text, recordForm,
		&m.state, &status, &r.pid, &r.start, &r.isFinish, &r.dropped, &r.log, &r.outputs[0], &r.outputs[1], &r.ready, &r.readyFD,
		&timer, &stable, &start, &ready, &end, &m.dying, &m.asked,
		&m.backoff.fails, &m.backoff.delay, &m.counted, &m.backingOff, &m.run, &sweeping, &killing, &m.pending, &m.unstarted)
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", errRecord, err)
	}
	if m.status, err = s6.DecodeStatus(status); err != nil {
		return record{}, fmt.Errorf("%w: %w", errRecord, err)
	}
	m.timer, m.stableAt, m.start = c.decode(timer), c.decode(stable), c.decode(start)
	m.ready, m.end, m.sweeping, m.killing = c.decode(ready), c.decode(end), c.decode(sweeping), c.decode(killing)
	if m.state >= stVanished || (r.pid == 0) != (r.start == 0) || r.pid < 0 || m.backoff.fails < 0 || m.unstarted < 0 || r.encode(c) != text {
		return record{}, errRecord
	}
	return r, nil
}

// readRecord returns what an earlier supervisor left, if it left anything.
func (f *files) readRecord(c clock) (r record, found bool, err error) {
	dir := f.supervise.WithLinks(held.RefuseLinks)
	st, err := dir.Lstat(s6.RecordFile)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	if err == nil && int(st.Uid) != os.Geteuid() {
		err = fmt.Errorf("%w: it belongs to uid %d", errRecord, st.Uid)
	}
	if err != nil {
		return record{}, false, err
	}
	text, err := dir.ReadHead(s6.RecordFile, maxRecord)
	if err != nil {
		return record{}, false, err
	}
	r, err = decodeRecord(string(text), c)
	return r, err == nil, err
}

// LastLogPipe returns the log pipe of the last supervisor of a service directory, by inode, and the process that had it
// then; 0 without a record.
func LastLogPipe(service *held.Dir) (inode uint64, pid int) {
	dir, err := service.WithLinks(held.FollowOwn).Dir(s6.SuperviseDir)
	if err != nil {
		return 0, 0
	}
	defer func() { _ = dir.Close() }() // nothing was written
	last, found, _ := (&files{supervise: dir}).readRecord(newClock(time.Now()))
	if !found {
		return 0, 0
	}
	return last.log, last.pid
}

// removeUnfinished removes what a supervisor that was killed had not put in place.
func (f *files) removeUnfinished() {
	_ = f.supervise.EachName(func(name string) {
		if strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".new") {
			_ = f.supervise.Remove(name) // it is in nobody's way
		}
	})
}

// save puts the record in the place of the last one, if it differs. A successor that finds it goes on from there; so
// it is written before the step that it is about. In a stop there is no successor.
//
// spec: SUP-114
func (r *runner) save() error {
	if !r.opt.Record || r.m.state == stVanished || r.opt.Frozen() {
		return nil
	}
	now := record{m: r.m, isFinish: r.isFinish, dropped: r.dropped, log: r.logInode}
	if r.child != nil {
		now.pid, now.start = r.child.Pid(), r.childStart
		for i, p := range r.prefixers {
			now.outputs[i] = p.Inode()
		}
		now.ready, now.readyFD = r.pipe.inode(), r.config.NotificationFD
	}
	text := now.encode(r.clock)
	if text == r.saved {
		return nil
	}
	err := rewrite(r.files.supervise, s6.RecordFile, []byte(text))
	if err == nil {
		r.saved = text
	}
	return err
}

// forget removes the record: this supervisor ends in order.
func (r *runner) forget() {
	if r.opt.Record && r.m.state != stVanished {
		r.try(s6.RecordFile, r.files.supervise.Remove(s6.RecordFile))
		_ = r.files.supervise.Remove(held.SpareOf(s6.RecordFile)) // there is one if it was written twice
	}
}
