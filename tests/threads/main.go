// SPDX-License-Identifier: ISC

// A static Go program: its runtime makes threads by clone, sleeps on futexes, preempts goroutines by
// signals and collects garbage meanwhile. What it prints does not depend on the run.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type node struct {
	left, right *node
	value       int
}

func grow(depth, value int) *node {
	if depth == 0 {
		return &node{nil, nil, value}
	}
	return &node{grow(depth-1, 2*value), grow(depth-1, 2*value+1), value}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.left.sum() + n.right.sum() + n.value
}

func garbage() {
	sums := make([]int, 16)
	var wg sync.WaitGroup
	for i := range sums {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < 20; j++ {
				sums[i] += grow(10, i).sum()
			}
		}(i)
	}
	wg.Wait()
	runtime.GC()
	fmt.Println("trees:", sums[0], sums[15])
}

func channels() {
	work, done := make(chan int), make(chan [32]byte, 8)
	for w := 0; w < 8; w++ {
		go func() {
			for n := range work {
				done <- sha256.Sum256([]byte(fmt.Sprint(n)))
			}
		}()
	}
	go func() {
		for n := 0; n < 2000; n++ {
			work <- n
		}
		close(work)
	}()
	all := make([]string, 0, 2000)
	for n := 0; n < 2000; n++ {
		all = append(all, fmt.Sprintf("%x", <-done))
	}
	sort.Strings(all)
	fmt.Println("hashes:", all[0][:16], all[1999][:16])
}

// Goroutines that never call anything: only a signal stops them for a collection.
func preemption() {
	var stop, spins int64
	for i := 0; i < 4; i++ {
		go func() {
			for n := 0; ; n++ {
				if n&0xfffff == 0 {
					if atomic.LoadInt64(&stop) != 0 {
						break
					}
					atomic.AddInt64(&spins, 1)
				}
			}
		}()
	}
	for i := 0; i < 5; i++ {
		runtime.GC()
		time.Sleep(2 * time.Millisecond)
	}
	atomic.StoreInt64(&stop, 1)
	fmt.Println("preempted: yes")
}

func threads() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := 0
	seen := map[int]bool{}
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			mu.Lock()
			seen[syscall.Gettid()] = true
			count++
			mu.Unlock()
			for len(seen) < 20 {
				time.Sleep(time.Millisecond)
				mu.Lock()
				enough := len(seen) >= 20
				mu.Unlock()
				if enough {
					break
				}
			}
		}()
	}
	wg.Wait()
	fmt.Println("threads:", count, len(seen))
}

func signals() {
	c := make(chan os.Signal, 8)
	signal.Notify(c, syscall.SIGUSR1)
	for i := 0; i < 5; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		<-c
	}
	fmt.Println("signals: 5")
}

func children() {
	self, _ := os.Executable()
	var wg sync.WaitGroup
	good := int64(0)
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			out, err := exec.Command(self, "child", fmt.Sprint(i)).Output()
			if err == nil && string(out) == fmt.Sprintf("child %d\n", i) {
				atomic.AddInt64(&good, 1)
			}
		}(i)
	}
	wg.Wait()
	fmt.Println("children:", good)
}

func main() {
	if len(os.Args) > 2 {
		fmt.Println("child", os.Args[2])
		return
	}
	runtime.GOMAXPROCS(4)
	garbage()
	channels()
	preemption()
	threads()
	signals()
	children()
	r, w, _ := os.Pipe()
	go func() {
		time.Sleep(3 * time.Millisecond)
		w.Write([]byte("through the poller"))
		w.Close()
	}()
	buf := make([]byte, 64)
	n, _ := r.Read(buf)
	fmt.Println("pipe:", string(buf[:n]))
	timeout := time.After(5 * time.Millisecond)
	<-timeout
	fmt.Println("done")
}
