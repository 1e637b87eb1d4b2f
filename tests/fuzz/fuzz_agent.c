/* User-Agents of phones: what is read must be inside the text and printable. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_str agent = {(const char *)data, size};
    struct bk_agent got;
    if (bk_vendor_of_agent(agent, &got) != NULL) {
        demand_part(agent, got.model);
        demand_part(agent, got.firmware);
        demand(got.model.len > 0);
    }
    if (bk_vendor_of_sip_agent(agent, &got) != NULL) {
        demand_part(agent, got.model);
        demand_part(agent, got.firmware);
    }
    return 0;
}
