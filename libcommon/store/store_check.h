/*
 * Questions about the database itself, for `beckon check`.
 */
#ifndef STORE_STORE_CHECK_H
#define STORE_STORE_CHECK_H

#include "store/store.h"

/* 150004 and "15.4 (Debian …)". */
BK_MUST_USE enum bk_err bk_store_check_server(const struct bk_store *store, int64_t *ret_number,
                                              struct bk_str *ret_version);
/* The latest migration, 0 for none; for roles that may not read bk.migration. */
BK_MUST_USE enum bk_err bk_store_check_schema_version(const struct bk_store *store,
                                                      int64_t *ret_version);
/* The server's clock, milliseconds since 1970. */
BK_MUST_USE enum bk_err bk_store_check_clock(const struct bk_store *store, int64_t *ret_wall_ms);
/* For how many days from tomorrow on visits have a partition. */
BK_MUST_USE enum bk_err bk_store_check_days_ahead(const struct bk_store *store, int64_t *ret_days);

#endif
