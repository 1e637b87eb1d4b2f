/*
 * jansson's memory: what people send holds passwords and SIP secrets, so that whatever it frees is
 * wiped first.
 */
#ifndef WEB_JSON_MEMORY_H
#define WEB_JSON_MEMORY_H

/*
 * Before the first use of jansson, once a process. From then on it allocates through base/alloc and
 * never fails for memory (the process ends instead): who reads what a peer sent bounds it before.
 */
void bk_json_memory_init(void);
/* For texts of json_dumps; NULL is allowed. */
void bk_json_memory_free(void *ptr);

#endif
