/* Models: names, and what else the files and User-Agents of their maker hold. Data only. */
#include "phone.h"

#include <string.h>

#define YEALINK &sim_maker_yealink
#define GRANDSTREAM &sim_maker_grandstream
#define POLY &sim_maker_poly
#define SNOM &sim_maker_snom
#define FANVIL &sim_maker_fanvil
#define CISCO &sim_maker_cisco

static const struct sim_model models[] = {
    {"T28P", YEALINK, 0, "SIP-"},
    {"T26P", YEALINK, 4, "SIP-"},
    {"T22P", YEALINK, 5, "SIP-"},
    {"T20P", YEALINK, 7, "SIP-"},
    {"W52P", YEALINK, 25, ""},
    {"T46G", YEALINK, 28, "SIP-"},
    {"T42G", YEALINK, 29, "SIP-"},
    {"T32G", YEALINK, 32, "SIP-"},
    {"T48G", YEALINK, 35, "SIP-"},
    {"T41P", YEALINK, 36, "SIP-"},
    {"CP860", YEALINK, 37, ""},
    {"T38G", YEALINK, 38, "SIP-"},
    {"T23G", YEALINK, 44, "SIP-"},
    {"T27P", YEALINK, 45, "SIP-"},
    {"T29G", YEALINK, 46, "SIP-"},
    {"T40P", YEALINK, 54, "SIP-"},
    {"T58A", YEALINK, 58, "SIP-"},
    {"T48S", YEALINK, 65, "SIP-"},
    {"T46S", YEALINK, 66, "SIP-"},
    {"T42S", YEALINK, 67, "SIP-"},
    {"T41S", YEALINK, 68, "SIP-"},
    {"T27G", YEALINK, 69, "SIP-"},
    {"T54S", YEALINK, 70, "SIP-"},
    {"CP960", YEALINK, 73, ""},
    {"T40G", YEALINK, 76, "SIP-"},
    {"W60B", YEALINK, 77, ""},
    {"CP920", YEALINK, 78, ""},
    {"T53", YEALINK, 95, "SIP-"},
    {"T53W", YEALINK, 95, "SIP-"},
    {"T54W", YEALINK, 96, "SIP-"},
    {"T57W", YEALINK, 97, "SIP-"},
    {"T43U", YEALINK, 107, "SIP-"},
    {"T46U", YEALINK, 108, "SIP-"},
    {"T48U", YEALINK, 109, "SIP-"},
    {"T42U", YEALINK, 116, "SIP-"},
    {"T31P", YEALINK, 123, "SIP-"},
    {"T31G", YEALINK, 123, "SIP-"},
    {"T30", YEALINK, 124, "SIP-"},
    {"T33G", YEALINK, 124, "SIP-"},
    {"CP965", YEALINK, 143, ""},
    {"W70B", YEALINK, 146, ""},
    {"CP925", YEALINK, 148, ""},
    {"T58W", YEALINK, 150, "SIP-"},
    {"T34W", YEALINK, 171, "SIP-"},
    {"T31W", YEALINK, 172, "SIP-"},
    {"T44W", YEALINK, 174, "SIP-"},
    {"W75B", YEALINK, 175, ""},
    {"AX83H", YEALINK, 180, ""},
    {"AX86R", YEALINK, 182, ""},
    {"T73W", YEALINK, 183, "SIP-"},
    {"T74W", YEALINK, 184, "SIP-"},
    {"T73U", YEALINK, 186, "SIP-"},
    {"T74U", YEALINK, 187, "SIP-"},
    {"T77U", YEALINK, 188, "SIP-"},
    {"T88V", YEALINK, 192, "SIP-"},
    {"GXP1405", GRANDSTREAM, 0, ""},
    {"GXP1628", GRANDSTREAM, 0, ""},
    {"GXP2135", GRANDSTREAM, 0, ""},
    {"GXP2170", GRANDSTREAM, 0, ""},
    {"GRP2601W", GRANDSTREAM, 0, ""},
    {"GRP2612", GRANDSTREAM, 0, ""},
    {"GRP2612W", GRANDSTREAM, 0, ""},
    {"GRP2614", GRANDSTREAM, 0, ""},
    {"GRP2615", GRANDSTREAM, 0, ""},
    {"GRP2616", GRANDSTREAM, 0, ""},
    {"VVX_101", POLY, 0, "PolycomVVX"},
    {"VVX_311", POLY, 0, "PolycomVVX"},
    {"VVX_450", POLY, 0, "PolycomVVX"},
    {"VVX_600", POLY, 0, "PolycomVVX"},
    {"Edge_E350", POLY, 0, "PolyEdge"},
    {"Edge_E450", POLY, 0, "PolyEdge"},
    {"D713", SNOM, 0, ""},
    {"D725", SNOM, 0, ""},
    {"D785", SNOM, 0, ""},
    {"X4", FANVIL, 0, "f0X4hw1.100"},
    {"X6", FANVIL, 0, "F0V00X600000"},
    {"V67", FANVIL, 0, "F0V0V6700000"},
    {"SPA508G", CISCO, 0, ""},
    {"SPA112", CISCO, 0, ""},
    {"CP-7841-3PCC", CISCO, 0, ""},
    {"CP-8841-3PCC", CISCO, 0, ""},
};

const struct sim_model *sim_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    }
    return NULL;
}

const struct sim_maker *sim_maker_find(const char *name)
{
    static const struct sim_maker *const makers[] = {YEALINK, GRANDSTREAM, POLY,
                                                     SNOM,    FANVIL,      CISCO};
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        if (strcmp(makers[i]->name, name) == 0)
            return makers[i];
    }
    return NULL;
}
