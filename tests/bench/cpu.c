/* See cpu.h. */
#include "cpu.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESS_MAX 65536

struct process {
    pid_t pid, parent;
    unsigned long long tick_count; /* utime + stime */
};

struct table {
    struct process *rows;
    size_t count;
};

/* "pid (name) state ppid …": the name may hold blanks and parentheses, so from the last ')'. */
static bool stat_parse(char *text, struct process *ret_process)
{
    char *after = strrchr(text, ')');
    if (after == NULL)
        return false;
    long parent = 0;
    unsigned long user = 0, kernel = 0;
    if (sscanf(after + 1, " %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &parent, &user,
               &kernel) != 3)
        return false;
    ret_process->parent = (pid_t)parent;
    ret_process->tick_count = (unsigned long long)user + kernel;
    return true;
}

static bool file_read(const char *path, char *text, size_t size)
{
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    size_t got = fread(text, 1, size - 1, in);
    text[got] = '\0';
    (void)fclose(in);
    return got > 0;
}

static bool table_read(struct table *table)
{
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return false;
    table->rows = calloc(PROCESS_MAX, sizeof *table->rows);
    for (struct dirent *entry; table->rows != NULL && (entry = readdir(dir)) != NULL;) {
        char path[64], text[1024];
        if (!isdigit((unsigned char)entry->d_name[0]) || strlen(entry->d_name) > 10 ||
            table->count == PROCESS_MAX)
            continue;
        (void)snprintf(path, sizeof path, "/proc/%.10s/stat", entry->d_name);
        struct process *row = &table->rows[table->count];
        if (!file_read(path, text, sizeof text) || !stat_parse(text, row))
            continue; /* ended meanwhile */
        row->pid = (pid_t)strtol(entry->d_name, NULL, 10);
        table->count++;
    }
    (void)closedir(dir);
    return table->rows != NULL;
}

static const struct process *process_find(const struct table *table, pid_t pid)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].pid == pid)
            return &table->rows[i];
    }
    return NULL;
}

static bool is_within(const struct table *table, const struct process *process, pid_t root)
{
    for (int depth = 0; process != NULL && depth < 64; depth++) {
        if (process->pid == root)
            return true;
        process = process_find(table, process->parent);
    }
    return false;
}

/* Sum over the threads; the file of the process itself tells of its first thread only. */
static bool schedstat_read(pid_t pid, unsigned long long *ret_ns)
{
    char path[64], text[256];
    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return false;
    bool good = false;
    unsigned long long sum = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        unsigned long long ns = 0;
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(path, sizeof path, "/proc/%ld/task/%.10s/schedstat", (long)pid,
                       entry->d_name);
        if (file_read(path, text, sizeof text) && sscanf(text, "%llu", &ns) == 1) {
            sum += ns;
            good = true;
        }
    }
    (void)closedir(dir);
    *ret_ns = sum;
    return good;
}

bool cpu_read(pid_t root, struct cpu_sample *ret_sample)
{
    struct table table = {0};
    struct cpu_sample sample = {.is_exact = true};
    unsigned long long tick_ns = 1000000000ULL / (unsigned long long)sysconf(_SC_CLK_TCK);
    bool good = table_read(&table) && process_find(&table, root) != NULL;
    for (size_t i = 0; good && i < table.count; i++) {
        const struct process *row = &table.rows[i];
        unsigned long long ns = 0;
        if (!is_within(&table, row, root))
            continue;
        if (!schedstat_read(row->pid, &ns)) {
            ns = row->tick_count * tick_ns;
            sample.is_exact = false;
        }
        sample.ns += ns;
        sample.process_count++;
    }
    free(table.rows);
    if (good)
        *ret_sample = sample;
    return good;
}
