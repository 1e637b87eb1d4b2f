/*
 * The lists. Found by running every test under strace(1), and by what the manuals of glibc, h2o,
 * libre, libpq, OpenSSL and mimalloc lead to. A call that is missing here shows as a failure with
 * ENOSYS; with `harden.seccomp = no` it is gone, and that is how to tell.
 */
#include "io/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

#define CALL(name) SCMP_SYS(name)

/* Nobody of ours makes these, in whatever version: other processes, the kernel, the machine. */
static const int of_intruders[] = {
    CALL(ptrace),
    CALL(process_vm_readv),
    CALL(process_vm_writev),
    CALL(pidfd_getfd),
    CALL(kcmp),
    CALL(init_module),
    CALL(finit_module),
    CALL(delete_module),
    CALL(kexec_load),
    CALL(kexec_file_load),
    CALL(bpf),
    CALL(perf_event_open),
    CALL(userfaultfd),
    CALL(add_key),
    CALL(request_key),
    CALL(keyctl),
    CALL(mount),
    CALL(umount2),
    CALL(pivot_root),
    CALL(chroot),
    CALL(setns),
    CALL(unshare),
    CALL(fsopen),
    CALL(open_tree),
    CALL(move_mount),
    CALL(mount_setattr),
    CALL(open_by_handle_at),
    CALL(name_to_handle_at),
    CALL(io_uring_setup),
    CALL(io_uring_enter),
    CALL(io_uring_register),
    CALL(personality),
    CALL(modify_ldt),
    CALL(iopl),
    CALL(ioperm),
    CALL(swapon),
    CALL(swapoff),
    CALL(reboot),
    CALL(acct),
    CALL(quotactl),
    CALL(settimeofday),
    CALL(clock_settime),
    CALL(adjtimex),
    CALL(clock_adjtime),
    CALL(sethostname),
    CALL(setdomainname),
    CALL(syslog),
    CALL(lookup_dcookie),
    CALL(mknod),
    CALL(mknodat),
    CALL(vhangup),
    CALL(move_pages),
};

/* A worker runs no program and becomes nobody else. */
static const int of_intruders_in_workers[] = {
    CALL(execve),    CALL(execveat), CALL(fork),     CALL(vfork),     CALL(setuid),
    CALL(setgid),    CALL(setreuid), CALL(setregid), CALL(setresuid), CALL(setresgid),
    CALL(setgroups), CALL(setfsuid), CALL(setfsgid), CALL(capset),
};

static const int of_everybody[] = {
    /* memory, threads, time; mmap, mprotect and clone have conditions below */
    CALL(brk), CALL(munmap), CALL(mremap), CALL(madvise), CALL(mlock), CALL(munlock), CALL(futex),
    CALL(futex_waitv), CALL(set_robust_list), CALL(get_robust_list), CALL(rseq), CALL(membarrier),
    CALL(set_tid_address), CALL(arch_prctl), CALL(sched_yield), CALL(sched_getaffinity),
    CALL(getcpu), CALL(gettid), CALL(getpid), CALL(getppid), CALL(exit), CALL(exit_group),
    CALL(restart_syscall), CALL(getrandom), CALL(clock_gettime), CALL(clock_getres),
    CALL(clock_nanosleep), CALL(nanosleep), CALL(gettimeofday), CALL(time), CALL(times),
    CALL(getrusage), CALL(sysinfo), CALL(uname),
    /* signals */
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigtimedwait),
    CALL(rt_sigpending), CALL(sigaltstack), CALL(signalfd4),
    /* descriptors, waiting */
    CALL(read), CALL(readv), CALL(pread64), CALL(write), CALL(writev), CALL(close), CALL(dup),
    CALL(dup3), CALL(fcntl), CALL(lseek), CALL(pipe2), CALL(eventfd2), CALL(poll), CALL(ppoll),
    CALL(select), CALL(pselect6), CALL(epoll_create), CALL(epoll_create1), CALL(epoll_ctl),
    CALL(epoll_wait), CALL(epoll_pwait), CALL(epoll_pwait2), CALL(timerfd_create),
    CALL(timerfd_settime), CALL(timerfd_gettime),
    /* files that are only looked at; openat has a condition */
    CALL(newfstatat), CALL(fstat), CALL(stat), CALL(lstat), CALL(statx), CALL(access),
    CALL(faccessat), CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getcwd),
    CALL(getdents64), CALL(fstatfs), CALL(statfs),
    /* who we are */
    CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getresuid), CALL(getresgid),
    CALL(getgroups),
    /* sockets; socket has a condition */
    CALL(connect), CALL(accept4), CALL(sendto), CALL(sendmsg), CALL(sendmmsg), CALL(recvfrom),
    CALL(recvmsg), CALL(recvmmsg), CALL(shutdown), CALL(getsockname), CALL(getpeername),
    CALL(setsockopt), CALL(getsockopt),
    CALL(bind), /* of the socket that asks the kernel for addresses, in getaddrinfo */
};

static const int of_callers[] = {CALL(listen), CALL(accept), CALL(setrlimit)};

/* Memory is never both written and run, files are only read, sockets are of the network. */
static int add_conditions(scmp_filter_ctx ctx)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    static const unsigned long controls[] = {FIONBIO, FIONREAD, TCGETS};
    static const int prctls[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE};
    const scmp_datum_t makes_or_writes = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
    int bad = 0;
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, makes_or_writes, O_RDONLY));
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC));
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |= seccomp_rule_add(
        ctx, SCMP_ACT_ALLOW, CALL(clone), 1,
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD));
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0, 0));
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(getrlimit), 0);
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)); /* abort() */
    for (size_t i = 0; i < BK_COUNT(families); i++)
        bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(socket), 1,
                                SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
    for (size_t i = 0; i < BK_COUNT(controls); i++)
        bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(ioctl), 1,
                                SCMP_A1(SCMP_CMP_EQ, controls[i], 0));
    for (size_t i = 0; i < BK_COUNT(prctls); i++)
        bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(prctl), 1,
                                SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)prctls[i], 0));
    return bad;
}

static int add(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++)
        bad |= seccomp_rule_add(ctx, action, calls[i], 0);
    return bad;
}

static int fill(scmp_filter_ctx ctx, enum bk_seccomp filter)
{
    int bad = add(ctx, SCMP_ACT_KILL_PROCESS, of_intruders, BK_COUNT(of_intruders));
    if (filter == BK_SECCOMP_MASTER)
        return bad;
    bad |=
        add(ctx, SCMP_ACT_KILL_PROCESS, of_intruders_in_workers, BK_COUNT(of_intruders_in_workers));
    bad |= add(ctx, SCMP_ACT_ALLOW, of_everybody, BK_COUNT(of_everybody));
    if (filter == BK_SECCOMP_CALLER)
        bad |= add(ctx, SCMP_ACT_ALLOW, of_callers, BK_COUNT(of_callers));
    return bad | add_conditions(ctx);
}

enum bk_err bk_seccomp_load(enum bk_seccomp filter, struct bk_detail *ret_detail)
{
    bool is_master = filter == BK_SECCOMP_MASTER;
    if (HAS_SANITIZER || (is_master && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER))
        return BK_OK;
    enum bk_err err = BK_ERR_NO_MEMORY;
    scmp_filter_ctx ctx = seccomp_init(is_master ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
    if (ctx == NULL)
        goto out;
    int code = fill(ctx, filter);
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
    (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree, not a list */
    if (code == 0)
        code = seccomp_load(ctx);
    err = code == 0 ? BK_OK : BK_ERR_IO;
out:
    if (err != BK_OK)
        bk_detail_set(ret_detail,
                      "the filter of system calls cannot be set (%s); on a kernel without "
                      "seccomp set harden.seccomp = no",
                      bk_err_text(err));
    seccomp_release(ctx);
    return err;
}
