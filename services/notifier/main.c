/*
 * beckon-notifier: calls phones back through their PBX (docs/architecture.md, journey 3). One
 * process, one loop; any number of them may run. This file puts the parts together.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/harden.h"
#include "base/log.h"
#include "io/admin_re.h"
#include "io/loop_re.h"
#include "io/seccomp.h"
#include "notifier.h"
#include "vendor/vendor.h"

extern char **environ;

enum { FD_MAX = 65536, FD_MIN = 1024, LOOKUPS_MAX = 2000, QUEUE_MAX = 256, STOP_TICK_MS = 50 };

struct program {
    struct ntf ntf;
    int signal_fd;
    struct bk_watch *signals;
    struct bk_admin *admin;
    struct bk_timer stop_timer;
    int64_t stop_until_mono_ms;
    bool is_dropping;
};

static enum bk_err check_ca_file(const struct ntf_settings *settings, struct bk_detail *ret_detail)
{
    const char *path = settings->sip_tls_ca_file;
    if (path == NULL || path[0] == '\0' || access(path, R_OK) == 0)
        return BK_OK;
    bk_detail_set(ret_detail, "sip.tls_ca_file %.160s: %s", path, strerror(errno));
    return BK_ERR_IO;
}

/* --- stopping: claim nothing more, hear what is in flight, give the leases back --- */

static void on_dropped(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                       const struct bk_detail *detail)
{
    struct program *program = ctx;
    (void)err; /* they run out by themselves */
    (void)rows;
    (void)detail;
    bk_loop_stop(program->ntf.loop);
}

static void on_stop_tick(void *ctx)
{
    struct program *program = ctx;
    struct ntf *ntf = &program->ntf;
    bool is_over = bk_loop_now_ms(ntf->loop) >= program->stop_until_mono_ms;
    if (!program->is_dropping && (ntf_jobs_are_idle(ntf) || is_over)) {
        program->is_dropping =
            bk_store_leases_drop(ntf->pg, ntf->owner, on_dropped, program) == BK_OK;
        if (!program->is_dropping) {
            bk_loop_stop(ntf->loop);
            return;
        }
    }
    bk_timer_start(ntf->loop, &program->stop_timer, STOP_TICK_MS, on_stop_tick, program);
}

/* What drivers have read is read anew; a file that is not there any more would harm what works. */
static void reload(struct ntf *ntf)
{
    struct bk_detail detail = {{0}};
    if (bk_master_keys_reload(ntf->master_keys, &detail) != BK_OK ||
        check_ca_file(ntf->settings, &detail) != BK_OK) {
        bk_log(BK_LOG_ERROR, "not reloaded", BK_KV("detail", detail.text));
        return;
    }
    bk_log(BK_LOG_INFO, "reloading", BK_KV("owner", ntf->owner));
    ntf_pbxs_reload(ntf);
}

static void on_signal(void *ctx, unsigned ready)
{
    struct program *program = ctx;
    struct ntf *ntf = &program->ntf;
    struct signalfd_siginfo info;
    (void)ready;
    while (read(program->signal_fd, &info, sizeof info) == sizeof info) {
        if (ntf->is_stopping)
            continue;
        if (info.ssi_signo == SIGHUP) {
            reload(ntf);
            continue;
        }
        bk_log(BK_LOG_INFO, "stopping", BK_KV_INT("signal", info.ssi_signo));
        ntf->is_stopping = true;
        program->stop_until_mono_ms = bk_loop_now_ms(ntf->loop) + ntf->settings->drain_s * 1000;
        on_stop_tick(program);
    }
}

static bool open_signals(struct program *program)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    program->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return program->signal_fd >= 0 &&
           bk_watch_open(program->ntf.loop, program->signal_fd, BK_READABLE, on_signal, program,
                         &program->signals) == BK_OK;
}

/* --- the parts --- */

static void on_pg_state(void *ctx, bool is_up, const struct bk_detail *detail)
{
    struct ntf *ntf = ctx;
    ntf_gauge(ntf, NTF_M_PG_UP, is_up);
    bk_log(is_up ? BK_LOG_INFO : BK_LOG_WARN, is_up ? "database connected" : "database away",
           BK_KV("detail", detail != NULL ? detail->text : ""));
    if (is_up && ntf->pbxs != NULL)
        ntf_pbxs_ring(ntf);
}

static bool is_ready(void *ctx)
{
    const struct ntf *ntf = ctx;
    return bk_pg_is_up(ntf->pg) && !ntf->is_stopping;
}

static enum bk_err open_pg(struct ntf *ntf, const char *role,
                           const struct bk_pg_statement *statements, int64_t timeout_ms,
                           struct bk_pg **ret_pg)
{
    const struct bk_pg_options options = {
        .dsn = ntf->settings->pg,
        .role = role,
        .statements = statements,
        .queue_max = QUEUE_MAX,
        .in_flight_max = QUEUE_MAX,
        .query_timeout_ms = (int)timeout_ms,
        .connect_timeout_ms = (int)ntf->settings->pg_connect_timeout_ms,
    };
    return bk_pg_open(ntf->loop, &options, ret_pg);
}

/* "host-1f3a…": no two notifiers, and no two lives of one, may share their leases. */
static enum bk_err make_owner(struct ntf *ntf)
{
    char host[65] = "";
    uint64_t random = 0;
    if (ntf->settings->name != NULL && ntf->settings->name[0] != '\0')
        snprintf(host, sizeof host, "%s", ntf->settings->name);
    else
        (void)!gethostname(host, sizeof host - 1);
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return BK_ERR_IO;
    snprintf(ntf->owner, sizeof ntf->owner, "%.64s-%016llx", host[0] != '\0' ? host : "notifier",
             (unsigned long long)random);
    return BK_OK;
}

/* Each PBX is a descriptor or two: the soft limit is raised to what we are allowed. */
static int raise_fd_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return FD_MIN;
    rlim_t wanted = limit.rlim_max < FD_MAX ? limit.rlim_max : FD_MAX;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur < FD_MIN   ? FD_MIN
           : limit.rlim_cur > FD_MAX ? FD_MAX
                                     : (int)limit.rlim_cur;
}

static enum bk_err open_parts(struct program *program, struct bk_detail *ret_detail)
{
    struct ntf *ntf = &program->ntf;
    const struct ntf_settings *settings = ntf->settings;
    ntf->loop = bk_loop_re_new(raise_fd_limit());
    enum bk_err err = open_signals(program) ? BK_OK : BK_ERR_IO;
    if (err == BK_OK)
        err = bk_work_new(ntf->loop, (size_t)settings->lookup_threads, LOOKUPS_MAX, &ntf->work);
    ntf->setup = (struct bk_pbx_setup){.loop = ntf->loop,
                                       .work = ntf->work,
                                       .egress = &ntf->egress,
                                       .tls_ca_file = settings->sip_tls_ca_file,
                                       .agent = "beckon"};
    if (err == BK_OK)
        err = bk_metrics_new(ntf_metric_rows, NTF_M_COUNT, 1, &ntf->metrics);
    if (err == BK_OK)
        err = make_owner(ntf);
    if (err == BK_OK)
        err = bk_admin_open(settings->admin_address, ntf->metrics, is_ready, ntf, &program->admin,
                            ret_detail);
    if (err == BK_OK)
        err = open_pg(ntf, "beckon-notifier", bk_store_notify_statements,
                      settings->pg_query_timeout_ms, &ntf->pg);
    if (err == BK_OK)
        err = open_pg(ntf, "beckon-notifier sweep", bk_store_sweep_statements,
                      settings->pg_sweep_timeout_ms, &ntf->sweep_pg);
    if (err == BK_OK)
        err = ntf_jobs_open(ntf);
    if (err == BK_OK)
        err = ntf_pbxs_open(ntf);
    if (err == BK_OK)
        err = ntf_doorbell_open(ntf, ret_detail);
    if (err == BK_OK)
        bk_pg_on_state(ntf->pg, on_pg_state, ntf);
    return err;
}

static void close_parts(struct program *program)
{
    struct ntf *ntf = &program->ntf;
    ntf->is_stopping = true;
    bk_timer_stop(&program->stop_timer);
    bk_admin_close(program->admin);
    /* Connections first: they tell the statements under way, which write to what is freed below. */
    if (ntf->pg != NULL)
        bk_pg_close(ntf->pg);
    if (ntf->sweep_pg != NULL)
        bk_pg_close(ntf->sweep_pg);
    ntf_doorbell_close(ntf);
    ntf_pbxs_close(ntf);
    ntf_jobs_close(ntf);
    bk_work_free(ntf->work);
    bk_watch_close(program->signals);
    bk_loop_free(ntf->loop);
    bk_master_keys_free(ntf->master_keys);
}

static int fail(const struct bk_detail *detail, enum bk_err err)
{
    fprintf(stderr, "beckon-notifier: %s\n",
            detail->text[0] != '\0' ? detail->text : bk_err_text(err));
    return 1;
}

static enum bk_err check_settings(const struct ntf_settings *settings, struct ntf *ntf,
                                  struct bk_detail *ret_detail)
{
    if (settings->pg == NULL) {
        bk_detail_set(ret_detail, "pg: not set; give a libpq connection string");
        return BK_ERR_INVALID;
    }
    enum bk_err err = bk_pg_dsn_check(settings->pg, ret_detail);
    if (err == BK_OK)
        err = bk_admin_check(settings->admin_address, ret_detail);
    const struct bk_doorbell_options bell = ntf_doorbell_options(settings);
    if (err == BK_OK)
        err = bk_doorbell_check(&bell, ret_detail);
    if (err == BK_OK)
        err = bk_egress_parse(bk_str_of(settings->egress_allow),
                              bk_str_of(settings->egress_cleartext), &ntf->egress, ret_detail);
    if (err == BK_OK)
        err = check_ca_file(settings, ret_detail);
    return err;
}

static enum bk_err read_keys(const struct ntf_settings *settings, struct bk_master_keys **ret_keys,
                             struct bk_detail *ret_detail)
{
    const struct bk_master_key_names names = {settings->master_key_file,
                                              settings->master_key_previous_file,
                                              settings->master_key, settings->master_key_previous};
    return bk_master_keys_new(&names, ret_keys, ret_detail);
}

/* Before threads are started. Whoever we are now must be able to read the keys once more: on
 * SIGHUP. */
static enum bk_err harden(const struct ntf *ntf, struct bk_detail *ret_detail)
{
    const struct ntf_settings *settings = ntf->settings;
    enum bk_err err = bk_harden_user(settings->user, settings->allows_root, ret_detail);
    if (err == BK_OK)
        err = bk_master_keys_reload(ntf->master_keys, ret_detail);
    if (err == BK_OK)
        err = check_ca_file(settings, ret_detail);
    if (err == BK_OK && settings->has_seccomp)
        err = bk_seccomp_load(BK_SECCOMP_CALLER, ret_detail);
    return err;
}

int main(int argc, char **argv)
{
    static struct ntf_settings settings;
    static struct program program;
    struct bk_settings_flags flags = {0};
    struct bk_detail detail = {{0}};
    bk_harden_process();
    if (bk_settings_read(&ntf_settings_table, argc, argv, environ, &settings, &flags, stderr) !=
        BK_OK)
        return 2;
    if (flags.help || flags.markdown) {
        if (flags.help)
            bk_settings_print_help(&ntf_settings_table, stdout);
        else
            bk_settings_print_markdown(&ntf_settings_table, stdout);
        return 0;
    }
    bk_log_setup("beckon-notifier", (enum bk_log_level)settings.log_level, settings.log_json,
                 STDERR_FILENO);
    program.ntf.settings = &settings;
    enum bk_err err = check_settings(&settings, &program.ntf, &detail);
    if (err == BK_OK)
        err = read_keys(&settings, &program.ntf.master_keys, &detail);
    if (err == BK_OK)
        err = bk_vendors_init(&detail);
    if (err != BK_OK)
        return fail(&detail, err);
    if (flags.check_only) {
        puts("settings are good");
        return 0;
    }
    err = harden(&program.ntf, &detail);
    if (err == BK_OK)
        err = open_parts(&program, &detail);
    if (err != BK_OK) /* the process ends: what was opened goes with it */
        return fail(&detail, err);
    bk_log(BK_LOG_INFO, "started", BK_KV("owner", program.ntf.owner),
           BK_KV("admin", settings.admin_address));
    bk_loop_run(program.ntf.loop);
    close_parts(&program);
    bk_log(BK_LOG_INFO, "stopped", BK_KV("owner", program.ntf.owner));
    return 0;
}
