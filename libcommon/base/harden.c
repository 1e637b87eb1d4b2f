/*
 * prctl(2), setrlimit(2), credentials(7).
 */
#include "base/harden.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

static void forbid_dumps(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void bk_harden_process(void)
{
    forbid_dumps();
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool is_root(void)
{
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) != 0 || real == 0 || effective == 0 || saved == 0;
}

static enum bk_err become(const struct passwd *entry, struct bk_detail *ret_detail)
{
    if (initgroups(entry->pw_name, entry->pw_gid) != 0 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) {
        bk_detail_set(ret_detail, "user: cannot become %.64s: %s; start as root or as that user",
                      entry->pw_name, strerror(errno));
        return BK_ERR_DENIED;
    }
    forbid_dumps(); /* whose dumps they are has changed, and the kernel begins again */
    if (!is_root())
        bk_log(BK_LOG_INFO, "no longer root", BK_KV("user", entry->pw_name),
               BK_KV_INT("uid", entry->pw_uid), BK_KV_INT("gid", entry->pw_gid));
    return BK_OK;
}

enum bk_err bk_harden_user(const char *user, bool allows_root, struct bk_detail *ret_detail)
{
    enum bk_err err = BK_OK;
    if (user != NULL && user[0] != '\0') {
        errno = 0;
        const struct passwd *entry = getpwnam(user); /* nobody else runs yet */
        if (entry == NULL) {
            bk_detail_set(ret_detail,
                          "user: there is no user %.64s; make one: adduser --system --group "
                          "--no-create-home %.64s",
                          user, user);
            return BK_ERR_DENIED;
        }
        if (is_root() || entry->pw_uid != geteuid())
            err = become(entry, ret_detail);
    }
    if (err != BK_OK || !is_root())
        return err;
    if (!allows_root) {
        bk_detail_set(ret_detail, "started as root, which serves nobody: name an account in "
                                  "`user`, start as one, or set harden.allow_root = yes");
        return BK_ERR_DENIED;
    }
    bk_log(BK_LOG_WARN, "SERVING AS ROOT: whoever takes this process over has the machine",
           BK_KV("allowed_by", "harden.allow_root"));
    return BK_OK;
}
