/* What each filter lets through, refuses, and kills for: tried in a child of its own, call by call.
 */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/seccomp.h"

enum outcome { GOOD, NO_CALL, KILLED };

/* Each returns 0, or what errno says. */

static int run_a_program(void)
{
    char name[] = "/bin/true", *argv[] = {name, NULL};
    execv(name, argv);
    return errno;
}

static int fork_a_child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}

static int debug_the_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 ? errno : 0;
}

static int become_root(void)
{
    return syscall(SYS_setuid, 0) != 0 ? errno : 0;
}

static int read_a_file(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : close(fd);
}

static int write_a_file(void)
{
    return open("/dev/null", O_WRONLY) < 0 ? errno : 0;
}

static int make_a_file(void)
{
    return open("/tmp", O_TMPFILE | O_RDWR, 0600) < 0 ? errno : 0;
}

static int map_memory_that_runs(void)
{
    int rights = PROT_READ | PROT_WRITE | PROT_EXEC;
    return mmap(NULL, 4096, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int let_memory_run(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    return mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0 ? errno : 0;
}

static void *idle(void *ctx)
{
    return ctx;
}

static int start_a_thread(void)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, idle, NULL);
    return code != 0 ? code : pthread_join(thread, NULL);
}

static int open_socket(int family, int kind)
{
    int fd = socket(family, kind | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno : close(fd);
}

static int open_a_stream(void)
{
    return open_socket(AF_INET6, SOCK_STREAM);
}

static int open_a_packet_socket(void)
{
    return open_socket(AF_PACKET, SOCK_DGRAM);
}

static int listen_on_a_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : listen(fd, 1) != 0 ? errno : close(fd);
}

static int signal_another(void)
{
    return kill(getppid(), 0) != 0 ? errno : 0;
}

static int allow_dumps(void)
{
    return prctl(PR_SET_DUMPABLE, 1) != 0 ? errno : 0;
}

static int remove_a_file(void)
{
    return unlink("/tmp/beckon-there-is-no-such-file") != 0 && errno != ENOENT ? errno : 0;
}

static const struct {
    const char *label;
    int (*call)(void);
    enum outcome master, server, caller;
} rows[] = {
    {"run a program", run_a_program, GOOD, KILLED, KILLED},
    {"fork", fork_a_child, GOOD, NO_CALL, NO_CALL},
    {"debug another process", debug_the_parent, KILLED, KILLED, KILLED},
    {"become root", become_root, GOOD, KILLED, KILLED},
    {"read a file", read_a_file, GOOD, GOOD, GOOD},
    {"write a file", write_a_file, GOOD, NO_CALL, NO_CALL},
    {"make a file", make_a_file, GOOD, NO_CALL, NO_CALL},
    {"remove a file", remove_a_file, GOOD, NO_CALL, NO_CALL},
    {"map memory that runs", map_memory_that_runs, GOOD, NO_CALL, NO_CALL},
    {"let memory run", let_memory_run, GOOD, NO_CALL, NO_CALL},
    {"start a thread", start_a_thread, GOOD, GOOD, GOOD},
    {"open a stream", open_a_stream, GOOD, GOOD, GOOD},
    {"see others' packets", open_a_packet_socket, GOOD, NO_CALL, NO_CALL},
    {"listen", listen_on_a_port, GOOD, NO_CALL, GOOD},
    {"signal another process", signal_another, GOOD, NO_CALL, NO_CALL},
    {"allow dumps again", allow_dumps, GOOD, NO_CALL, NO_CALL},
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

static enum outcome outcome_of(int (*call)(void), enum bk_seccomp filter)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (filter != BK_SECCOMP_MASTER && bk_seccomp_load(BK_SECCOMP_MASTER, NULL) != BK_OK)
            _exit(101); /* a worker's comes on top */
        if (bk_seccomp_load(filter, NULL) != BK_OK)
            _exit(101);
        _exit(call() & 0x7f);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGSYS);
        return KILLED;
    }
    assert_int_not_equal(WEXITSTATUS(status), 101);
    return WEXITSTATUS(status) == ENOSYS ? NO_CALL : GOOD;
}

static void calls_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rows) && !HAS_SANITIZER; i++) {
        print_message("  %s\n", rows[i].label);
        assert_int_equal(outcome_of(rows[i].call, BK_SECCOMP_MASTER), rows[i].master);
        assert_int_equal(outcome_of(rows[i].call, BK_SECCOMP_SERVER), rows[i].server);
        assert_int_equal(outcome_of(rows[i].call, BK_SECCOMP_CALLER), rows[i].caller);
    }
}

static int abort_ourselves(void)
{
    abort();
}

/* An assertion that fails ends a worker as it does without a filter. */
static void a_worker_may_abort(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (bk_seccomp_load(BK_SECCOMP_SERVER, NULL) != BK_OK)
            _exit(101);
        _exit(abort_ourselves());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* Upgrades would add a filter each, until the kernel has enough of them. */
static void a_master_has_one_filter_however_often_it_is_upgraded(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 2000; i++)
            if (bk_seccomp_load(BK_SECCOMP_MASTER, NULL) != BK_OK)
                _exit(101);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_follow_table),
        cmocka_unit_test(a_worker_may_abort),
        cmocka_unit_test(a_master_has_one_filter_however_often_it_is_upgraded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
