#ifndef TEST_PG_H
#define TEST_PG_H

int run_outage_tests(void); /* test_pg_outage.c */

#endif
