/*
 * Random phones, for test_property.c: what an admin could have set, in part with values that mean
 * something in some maker's format. The same seed gives the same phone on every machine.
 */
#ifndef TEST_VENDOR_PROPERTY_PHONE_H
#define TEST_VENDOR_PROPERTY_PHONE_H

#include "base/arena.h"
#include "vendor/vendor.h"

/* The value of raw parameters that the driver reserves: it must stand in no file. */
#define RESERVED_VALUE "reserved-never-written"

/* An address of a PBX, as it is stored: without brackets. */
#define IPV6_HOST "2001:db8::7"

#define SECOND_NTP "192.0.2.7" /* of the NTP servers, where there are two */

void random_start(uint64_t seed);
uint32_t random_below(uint32_t bound);
bool random_chance(uint32_t percent);

/* model NULL: one that is not known. */
struct bk_phone random_phone(struct bk_arena *arena, const struct bk_vendor *vendor,
                             const struct bk_model *model);

#endif
