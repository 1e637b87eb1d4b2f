/* What a process gives up, looked at from inside a child of its own. */
#include "harness/test.h"

#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/harden.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

/* Whether what(ctx) holds in a child. */
static bool holds_in_child(bool (*what)(const char *), const char *ctx)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(what(ctx) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_closed(const char *ctx)
{
    struct rlimit core;
    (void)ctx;
    bk_harden_process();
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
           (HAS_SANITIZER || prctl(PR_GET_DUMPABLE) == 0);
}

static void no_core_no_debugger_no_new_privileges(void **state)
{
    (void)state;
    assert_true(holds_in_child(is_closed, NULL));
}

static bool becomes(const char *user)
{
    struct bk_detail detail = {""};
    const struct passwd *entry = getpwnam(user);
    uid_t real, effective, saved;
    bk_harden_process();
    if (bk_harden_user(user, false, &detail) != BK_OK)
        return false;
    return getresuid(&real, &effective, &saved) == 0 && real == entry->pw_uid &&
           effective == entry->pw_uid && saved == entry->pw_uid && getegid() == entry->pw_gid &&
           getgroups(0, NULL) <= 1 && setuid(0) != 0 && seteuid(0) != 0 &&
           (HAS_SANITIZER || prctl(PR_GET_DUMPABLE) == 0);
}

static void root_becomes_who_is_named_for_good(void **state)
{
    (void)state;
    if (geteuid() == 0)
        assert_true(holds_in_child(becomes, "nobody"));
    else
        assert_false(holds_in_child(becomes, "root"));
}

static void who_serves_follows_rules(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    bool am_root = geteuid() == 0;
    const struct passwd *entry = getpwuid(geteuid());

    assert_int_equal(bk_harden_user("no-such-user", true, &detail), BK_ERR_DENIED);
    assert_non_null(strstr(detail.text, "adduser"));
    assert_int_equal(bk_harden_user(NULL, false, &detail), am_root ? BK_ERR_DENIED : BK_OK);
    assert_int_equal(bk_harden_user("", true, &detail), BK_OK);
    if (am_root) {
        assert_int_equal(bk_harden_user("", false, &detail), BK_ERR_DENIED);
        assert_non_null(strstr(detail.text, "harden.allow_root"));
        assert_int_equal(bk_harden_user("root", false, &detail), BK_ERR_DENIED);
    } else if (entry != NULL) {
        assert_int_equal(bk_harden_user(entry->pw_name, false, &detail), BK_OK); /* already */
        assert_int_equal(bk_harden_user("root", true, &detail), BK_ERR_DENIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_core_no_debugger_no_new_privileges),
        cmocka_unit_test(root_becomes_who_is_named_for_good),
        cmocka_unit_test(who_serves_follows_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
