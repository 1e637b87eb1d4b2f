/*
 * initdb and postgres as children. As root they run as user postgres, since PostgreSQL refuses
 * root. The server dies with us.
 */
#include "harness/pg_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"

#define START_SECONDS_MAX 30

struct pg_server {
    char folder[64]; /* short: a unix socket's path has 107 bytes at most */
    char data[96], log[96], port_text[8], dsn[256];
    int port;
    pid_t pid; /* 0: not running */
};

static void give_up(const char *format, ...) BK_PRINTF(1, 2);

static void give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "PostgreSQL for this test: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

static const struct passwd *other_user(void)
{
    if (geteuid() != 0)
        return NULL;
    const struct passwd *user = getpwnam("postgres");
    if (user == NULL)
        give_up("run as root, and there is no user postgres; install postgresql-15");
    return user;
}

static const char *bindir(void)
{
    const char *folder = getenv("BECKON_PG_BINDIR");
    return folder != NULL ? folder : "/usr/lib/postgresql/15/bin";
}

/* In the child: never returns. */
static void be(const struct pg_server *server, const char *program, char *const argv[])
{
    const struct passwd *user = other_user();
    if (user != NULL &&
        (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after setuid, which would clear it */
    int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int none = open("/dev/null", O_RDONLY);
    if (log < 0 || none < 0 || chdir(server->folder) != 0)
        _exit(126);
    dup2(none, 0);
    dup2(log, 1);
    dup2(log, 2);
    setenv("LC_ALL", "C", 1);
    char path[512];
    snprintf(path, sizeof path, "%s/%s", bindir(), program);
    execv(path, argv);
    _exit(127);
}

static void show_log(const struct pg_server *server)
{
    FILE *in = fopen(server->log, "r");
    char line[512];
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        fputs(line, stderr);
    if (in != NULL)
        fclose(in);
}

static void make_cluster(struct pg_server *server)
{
    char *argv[] = {"initdb", "-D",   server->data, "-U", "postgres",  "-A", "trust",
                    "-E",     "UTF8", "--locale",   "C",  "--no-sync", NULL};
    pid_t pid = fork();
    if (pid == 0)
        be(server, "initdb", argv);
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        show_log(server);
        give_up("%s/initdb failed (status %d)", bindir(), status);
    }
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        give_up("no free port: %s", strerror(errno));
    close(fd);
    return ntohs(address.sin_port);
}

void pg_server_start(struct pg_server *server)
{
    char *argv[] = {"postgres",
                    "-D",
                    server->data,
                    "-k",
                    server->folder,
                    "-p",
                    server->port_text,
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "fsync=off",
                    "-c",
                    "max_connections=40",
                    "-c",
                    "shared_buffers=16MB",
                    NULL};
    server->pid = fork();
    if (server->pid == 0)
        be(server, "postgres", argv);
    if (server->pid < 0)
        give_up("no process: %s", strerror(errno));
    time_t limit = time(NULL) + START_SECONDS_MAX;
    while (PQping(server->dsn) != PQPING_OK) {
        int status;
        bool is_over = waitpid(server->pid, &status, WNOHANG) != 0;
        if (is_over || time(NULL) > limit) {
            show_log(server);
            give_up(is_over ? "it ended by itself" : "it does not answer");
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

void pg_server_stop_immediate(struct pg_server *server)
{
    if (server->pid == 0)
        return;
    kill(server->pid, SIGQUIT);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    server->pid = 0;
}

struct pg_server *pg_server_new(void)
{
    struct pg_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        give_up("no memory");
    snprintf(server->folder, sizeof server->folder, "/tmp/bkpg-XXXXXX");
    if (mkdtemp(server->folder) == NULL)
        give_up("%s: %s", server->folder, strerror(errno));
    const struct passwd *user = other_user();
    if (user != NULL && chown(server->folder, user->pw_uid, user->pw_gid) != 0)
        give_up("%s: %s", server->folder, strerror(errno));
    snprintf(server->data, sizeof server->data, "%s/data", server->folder);
    snprintf(server->log, sizeof server->log, "%s/log", server->folder);
    server->port = free_port();
    snprintf(server->port_text, sizeof server->port_text, "%d", server->port);
    snprintf(server->dsn, sizeof server->dsn, "host=%s port=%d user=postgres dbname=postgres",
             server->folder, server->port);
    make_cluster(server);
    pg_server_start(server);
    return server;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void pg_server_free(struct pg_server *server)
{
    if (server == NULL)
        return;
    pg_server_stop_immediate(server);
    nftw(server->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(server);
}

const char *pg_server_dsn(const struct pg_server *server)
{
    return server->dsn;
}

int pg_server_port(const struct pg_server *server)
{
    return server->port;
}
