/*
 * What h2o 2.2.5 leaves behind, and where:
 *
 * - a buffer that its content outgrew, or whose connection is gone: back to the heap or to a list
 *   for the next one, with all that it held. Read at once is whatever has come, so a request may
 *   have been in several buffers before anybody could look at its head.
 * - of a request with a body, copies of path and headers in its pool (only then: the buffer may
 *   move while the body comes), also where the rest of it never came.
 *
 * Both functions are exported and called through the library's own table of symbols (Debian links
 * it without -Bsymbolic), so that ours come first; tests/attack/test_a09_canaries.py would tell.
 */
#include "web/h2o_memory.h"

#include <dlfcn.h>
#include <h2o.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

typedef void free_buffer_fn(h2o_buffer_t *buffer);
typedef void dispose_request_fn(h2o_req_t *req);

static free_buffer_fn *library_free_buffer;
static dispose_request_fn *library_dispose_request;

static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "h2o: no %s: another version than this program was made for?\n", name);
        abort();
    }
    return found;
}

void bk_h2o_memory_init(void)
{
    /* POSIX wants such a pointer to be good for functions, ISO C has no cast for it. */
    *(void **)&library_free_buffer = find("h2o_buffer__do_free");
    *(void **)&library_dispose_request = find("h2o_dispose_request");
}

void h2o_buffer__do_free(h2o_buffer_t *buffer)
{
    bk_wipe(buffer->_buf, buffer->capacity); /* all of it: what was consumed is still there */
    library_free_buffer(buffer);
}

void h2o_dispose_request(h2o_req_t *req)
{
    /* The request is over: nobody looks at these again, wherever they are. */
    for (size_t i = 0; i < req->headers.size; i++)
        bk_wipe(req->headers.entries[i].value.base, req->headers.entries[i].value.len);
    bk_wipe(req->input.path.base, req->input.path.len);
    library_dispose_request(req);
}
