/*
 * CPU time that a process and all its descendants have used so far, in nanoseconds. From
 * /proc/<pid>/task/<tid>/schedstat (its first number); where the kernel does not keep that, from
 * utime + stime of /proc/<pid>/stat, which count in clock ticks.
 */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <stdbool.h>
#include <sys/types.h>

struct cpu_sample {
    unsigned long long ns;
    int process_count;
    bool is_exact; /* schedstat */
};

/* False: no such process, or no /proc. */
bool cpu_read(pid_t root, struct cpu_sample *ret_sample);

#endif
