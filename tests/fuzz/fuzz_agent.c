/* User-Agents of phones, to each maker: what is read must be inside the text and printable. */
#include <stdint.h>
#include <stdlib.h>

#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

static void demand_part(struct bk_str whole, struct bk_str part)
{
    if (part.len == 0)
        return;
    demand(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
    for (size_t i = 0; i < part.len; i++)
        demand(part.ptr[i] >= ' ' && part.ptr[i] <= '~'); /* "IP Touch 4028" */
}

static void demand_agent(struct bk_str text, const struct bk_agent *agent)
{
    demand_part(text, agent->model);
    demand_part(text, agent->firmware);
}

/* What one maker takes for its own goes to the first one that does. */
static void demand_guess(bool is_taken, const struct bk_vendor *guess)
{
    demand(is_taken == (guess != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_str text = {(const char *)data, size};
    struct bk_agent got;
    bool is_taken = false, is_taken_of_sip = false;
    for (const struct bk_vendor *const *maker = bk_makers(); *maker != NULL; maker++) {
        if ((*maker)->match_agent(text, &got)) {
            demand_agent(text, &got);
            is_taken = true;
        }
        if ((*maker)->match_sip_agent(text, &got)) {
            demand_agent(text, &got);
            is_taken_of_sip = true;
        }
    }
    demand_guess(is_taken, bk_vendor_of_agent(text, &got));
    demand_guess(is_taken_of_sip, bk_vendor_of_sip_agent(text, &got));
    return 0;
}
