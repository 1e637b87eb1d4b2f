#ifndef TEST_TLS_H
#define TEST_TLS_H

int run_trust_tests(void); /* test_tls_trust.c */

#endif
