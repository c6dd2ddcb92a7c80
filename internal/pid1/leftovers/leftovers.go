package leftovers

import (
	"os"

	"caduceus/internal/procfs"
)

// ID names one process: the kernel gives a pid again, but not with that start.
type ID struct {
	Pid   int
	Start int64 // as procfs.Stat.StartTicks
}

// Process is what is known of a living process.
type Process struct {
	ID
	Parent, Group, Session int
	Mark                   uint64 // of the service that it comes from; 0: none
}

// Service is a service that has ended.
type Service struct {
	Mark uint64
	Run  int         // pid of its last run, 0: none
	Keep map[ID]bool // what stays, with all that is below it and in its sessions
}

// Look lists the living processes below root, but this one and the init.
func Look(root string) []Process {
	var all []Process
	for _, pid := range procfs.Pids(root) {
		stat, err := procfs.Read(root, pid)
		if err != nil || !stat.Living() || pid == 1 || pid == os.Getpid() {
			continue
		}
		all = append(all, Process{
			ID: ID{pid, stat.StartTicks}, Parent: stat.Parent, Group: stat.Group, Session: stat.Session, Mark: markIn(root, pid),
		})
	}
	return all
}

// Of lists what s has left, in the order of all.
func Of(all []Process, s Service) []Process {
	reused := false // a session keeps the number of its leader taken
	for _, p := range all {
		reused = reused || p.Pid == s.Run
	}
	others := map[ID]bool{} // of other services
	for _, p := range all {
		others[p.ID] = p.Mark != 0 && p.Mark != s.Mark
	}
	left := grow(all, others, func(p Process) bool {
		ofRun := s.Run != 0 && !reused && (p.Session == s.Run || p.Group == s.Run)
		return ofRun || p.Mark == s.Mark
	})
	keep := grow(all, others, func(p Process) bool { return s.Keep[p.ID] })
	var list []Process
	for _, p := range all {
		if left[p.ID] && !keep[p.ID] {
			list = append(list, p)
		}
	}
	return list
}

// grow is the set of those that seed names and, again and again, of what has a parent in the set, or a session whose
// leader is in it; without those in never.
func grow(all []Process, never map[ID]bool, seed func(Process) bool) map[ID]bool {
	set, pids := map[ID]bool{}, map[int]bool{}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if set[p.ID] || never[p.ID] || !seed(p) && !pids[p.Parent] && !pids[p.Session] {
				continue
			}
			set[p.ID], pids[p.Pid], grown = true, true, true
		}
	}
	return set
}
