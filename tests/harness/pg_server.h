/*
 * A PostgreSQL of the test's own: private directory, unix socket and a free loopback port, no
 * durability. Fails the program with a message when it cannot be had; nothing is skipped.
 * BECKON_PG_BINDIR names the folder of initdb and postgres, else that of Debian's version 15.
 */
#ifndef HARNESS_PG_SERVER_H
#define HARNESS_PG_SERVER_H

struct pg_server;

struct pg_server *pg_server_new(void); /* made and started */
/* Stops it at once, and removes the directory. */
void pg_server_free(struct pg_server *server);

void pg_server_start(struct pg_server *server);
/* As after a crash: no connection is ended in order. */
void pg_server_stop_immediate(struct pg_server *server);

const char *pg_server_dsn(const struct pg_server *server); /* through the unix socket */
int pg_server_port(const struct pg_server *server); /* on 127.0.0.1 and in the socket's name */

#endif
