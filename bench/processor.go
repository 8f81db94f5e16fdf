package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc: USER_HZ, 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// memory returns a figure of the process's memory in MiB, VmRSS (now) or VmHWM
// (the most so far).
func (p *process) memory(name string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	if err != nil {
		return 0, fmt.Errorf("read the process's memory: %w", err)
	}
	return parseMemory(string(status), name)
}

// parseMemory finds a figure in /proc/PID/status, in MiB.
func parseMemory(status, name string) (float64, error) {
	for line := range strings.Lines(status) {
		rest, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		return kib / 1024, nil
	}
	return 0, fmt.Errorf("the kernel tells no %s", name)
}

// processorTime returns how long the process has used processors, to 10 ms.
func (p *process) processorTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid()))
	if err != nil {
		return 0, fmt.Errorf("read the process's processor time: %w", err)
	}
	return parseProcessorTime(string(stat))
}

// parseProcessorTime adds utime and stime of /proc/PID/stat (proc(5): the 12th and
// 13th field after the name, which is in parentheses and may hold anything).
func parseProcessorTime(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("read the process's processor time: only %d fields", len(fields))
	}
	var used time.Duration
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the process's processor time: %w", err)
		}
		used += time.Duration(ticks) * tick
	}
	return used, nil
}

// machine is how long the processors of the machine were busy and idle, added up.
type machine struct{ busy, idle int64 }

func readMachine() (machine, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return machine{}, fmt.Errorf("read the machine's processor time: %w", err)
	}
	return parseMachine(string(stat))
}

// parseMachine reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq, steal, …; guests are in user already.
func parseMachine(stat string) (machine, error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return machine{}, fmt.Errorf("read the machine's processor time: %q", line)
	}
	var m machine
	for i, field := range fields[1:9] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return machine{}, fmt.Errorf("read the machine's processor time: %w", err)
		}
		if i == 3 || i == 4 {
			m.idle += ticks
		} else {
			m.busy += ticks
		}
	}
	return m, nil
}

// busySince returns the share of the machine's processors that was in use, 0 to 1.
func (m machine) busySince(before machine) float64 {
	busy, idle := m.busy-before.busy, m.idle-before.idle
	if busy+idle <= 0 {
		return 0
	}
	return float64(busy) / float64(busy+idle)
}
