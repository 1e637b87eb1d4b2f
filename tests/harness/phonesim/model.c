/* The model numbers of the fact page, section 1: y000000000NNN.cfg. Data only. */
#include "phone.h"

#include <string.h>

static const struct sim_model models[] = {
    {"T28P", 0, "SIP-"},   {"T26P", 4, "SIP-"},   {"T22P", 5, "SIP-"},   {"T20P", 7, "SIP-"},
    {"W52P", 25, ""},      {"T46G", 28, "SIP-"},  {"T42G", 29, "SIP-"},  {"T32G", 32, "SIP-"},
    {"T48G", 35, "SIP-"},  {"T41P", 36, "SIP-"},  {"CP860", 37, ""},     {"T38G", 38, "SIP-"},
    {"T23G", 44, "SIP-"},  {"T27P", 45, "SIP-"},  {"T29G", 46, "SIP-"},  {"T40P", 54, "SIP-"},
    {"T58A", 58, "SIP-"},  {"T48S", 65, "SIP-"},  {"T46S", 66, "SIP-"},  {"T42S", 67, "SIP-"},
    {"T41S", 68, "SIP-"},  {"T27G", 69, "SIP-"},  {"T54S", 70, "SIP-"},  {"CP960", 73, ""},
    {"T40G", 76, "SIP-"},  {"W60B", 77, ""},      {"CP920", 78, ""},     {"T53", 95, "SIP-"},
    {"T53W", 95, "SIP-"},  {"T54W", 96, "SIP-"},  {"T57W", 97, "SIP-"},  {"T43U", 107, "SIP-"},
    {"T46U", 108, "SIP-"}, {"T48U", 109, "SIP-"}, {"T42U", 116, "SIP-"}, {"T31P", 123, "SIP-"},
    {"T31G", 123, "SIP-"}, {"T30", 124, "SIP-"},  {"T33G", 124, "SIP-"}, {"CP965", 143, ""},
    {"W70B", 146, ""},     {"CP925", 148, ""},    {"T58W", 150, "SIP-"}, {"T34W", 171, "SIP-"},
    {"T31W", 172, "SIP-"}, {"T44W", 174, "SIP-"}, {"W75B", 175, ""},     {"AX83H", 180, ""},
    {"AX86R", 182, ""},    {"T73W", 183, "SIP-"}, {"T74W", 184, "SIP-"}, {"T73U", 186, "SIP-"},
    {"T74U", 187, "SIP-"}, {"T77U", 188, "SIP-"}, {"T88V", 192, "SIP-"},
};

const struct sim_model *sim_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    }
    return NULL;
}

void sim_models_print(struct sim_buf *out)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        sim_buf_format(out, "%s%s", i == 0 ? "" : " ", models[i].name);
}
