/* The command line. sim_options_usage() tells what each option means. */
#ifndef PHONESIM_OPTIONS_H
#define PHONESIM_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "http.h"
#include "phone.h"
#include "sip_line.h"
#include "sip_server.h"

struct sim_options {
    const char *url, *state_dir;
    bool use_boot_files, print_state, factory_reset;
    int for_s;     /* 0: one round */
    int minute_ms; /* length of a minute of the phone's clock */
    struct sim_http_options http;

    bool use_sip, reboot_unregisters, never_fetch;
    const char *sip_local;
    int offline_ms, boot_ms;
    struct sim_line_options line;
    struct sim_server_options server;
};

void sim_options_usage(FILE *out);
/* Into options, which hold the defaults, and phone. False: told on stderr. Texts are argv's. */
bool sim_options_read(int argc, char **argv, struct sim_options *options, struct sim_phone *phone);

#endif
