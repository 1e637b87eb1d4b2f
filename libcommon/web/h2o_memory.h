/*
 * h2o's memory as it should be for ours: wiped before it is given back, tokens and passwords are in
 * it.
 *
 * The program's own h2o_buffer__do_free and h2o_dispose_request stand before the library's, for the
 * library's calls too.
 */
#ifndef WEB_H2O_MEMORY_H
#define WEB_H2O_MEMORY_H

/* Once a process, before h2o is used; aborts where the library has no such functions. */
void bk_h2o_memory_init(void);

#endif
