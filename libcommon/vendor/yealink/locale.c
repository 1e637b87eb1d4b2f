/*
 * Yealink's words for time zones, languages and the countries of tones.
 *
 * A time zone is an offset and the name of a place; with daylight saving on "automatic" the phone
 * takes the rule of that place. So only zones with daylight saving have a row here, each with a
 * place that keeps the same hours; a zone without a row takes one of the same hours. Sources:
 * README.md.
 */
#include <stdio.h>
#include <string.h>

#include "vendor/yealink/yealink.h"

static const struct {
    const char *zone, *place;
} zone_names[] = {
    {"Africa/Ceuta", "Spain(Madrid)"},
    {"America/Adak", "United States-Hawaii-Aleutian"},
    {"America/Anchorage", "United States-Alaska Time"},
    {"America/Boise", "United States-Mountain Time"},
    {"America/Chicago", "United States-Central Time"},
    {"America/Denver", "United States-Mountain Time"},
    {"America/Detroit", "United States-Eastern Time"},
    {"America/Edmonton", "Canada(Edmonton,Calgary)"},
    {"America/Halifax", "Canada(Halifax,Saint John)"},
    {"America/Havana", "Cuba(Havana)"},
    {"America/Indiana/Indianapolis", "United States-Eastern Time"},
    {"America/Juneau", "United States-Alaska Time"},
    {"America/Kentucky/Louisville", "United States-Eastern Time"},
    {"America/Los_Angeles", "United States-Pacific Time"},
    {"America/Moncton", "Canada(Halifax,Saint John)"},
    {"America/Montreal", "Canada(Montreal,Ottawa,Quebec)"},
    {"America/Nassau", "Bahamas(Nassau)"},
    {"America/New_York", "United States-Eastern Time"},
    {"America/Santiago", "Chile(Santiago)"},
    {"America/St_Johns", "Canada-New Foundland(St.Johns)"},
    {"America/Tijuana", "Mexico(Tijuana,Mexicali)"},
    {"America/Toronto", "Canada(Montreal,Ottawa,Quebec)"},
    {"America/Vancouver", "Canada(Vancouver,Whitehorse)"},
    {"America/Winnipeg", "Canada-Manitoba(Winnipeg)"},
    {"Arctic/Longyearbyen", "Germany(Berlin)"},
    {"Asia/Beirut", "Lebanon(Beirut)"},
    {"Asia/Jerusalem", "Israel(Tel Aviv)"},
    {"Asia/Nicosia", "Greece(Athens)"},
    {"Atlantic/Azores", "Portugal(Azores)"},
    {"Atlantic/Bermuda", "United Kingdom(Bermuda)"},
    {"Atlantic/Canary", "Spain-Canary Islands(Las Palmas)"},
    {"Atlantic/Faroe", "Denmark-Faroe Islands(Torshavn)"},
    {"Atlantic/Madeira", "Portugal(Lisboa,Porto,Funchal)"},
    {"Australia/Adelaide", "Australia(Adelaide)"},
    {"Australia/Hobart", "Australia(Hobart)"},
    {"Australia/Melbourne", "Australia(Sydney,Melboume,Canberra)"},
    {"Australia/Sydney", "Australia(Sydney,Melboume,Canberra)"},
    {"Europe/Amsterdam", "Netherlands(Amsterdam)"},
    {"Europe/Andorra", "Spain(Madrid)"},
    {"Europe/Athens", "Greece(Athens)"},
    {"Europe/Belgrade", "Germany(Berlin)"},
    {"Europe/Berlin", "Germany(Berlin)"},
    {"Europe/Bratislava", "Germany(Berlin)"},
    {"Europe/Brussels", "France(Paris)"},
    {"Europe/Bucharest", "Romania(Bucharest)"},
    {"Europe/Budapest", "Hungary(Budapest)"},
    {"Europe/Busingen", "Germany(Berlin)"},
    {"Europe/Chisinau", "Moldova(Kishinev)"},
    {"Europe/Copenhagen", "Denmark(Kopenhagen)"},
    {"Europe/Dublin", "United Kingdom(London)"},
    {"Europe/Gibraltar", "Spain(Madrid)"},
    {"Europe/Guernsey", "United Kingdom(London)"},
    {"Europe/Helsinki", "Finland(Helsinki)"},
    {"Europe/Isle_of_Man", "United Kingdom(London)"},
    {"Europe/Jersey", "United Kingdom(London)"},
    {"Europe/Kiev", "Ukraine(Kyiv, Odessa)"},
    {"Europe/Kyiv", "Ukraine(Kyiv, Odessa)"},
    {"Europe/Lisbon", "Portugal(Lisboa,Porto,Funchal)"},
    {"Europe/Ljubljana", "Germany(Berlin)"},
    {"Europe/London", "United Kingdom(London)"},
    {"Europe/Luxembourg", "Luxembourg(Luxembourg)"},
    {"Europe/Madrid", "Spain(Madrid)"},
    {"Europe/Malta", "Italy(Rome)"},
    {"Europe/Mariehamn", "Finland(Helsinki)"},
    {"Europe/Monaco", "France(Paris)"},
    {"Europe/Oslo", "Germany(Berlin)"},
    {"Europe/Paris", "France(Paris)"},
    {"Europe/Podgorica", "Germany(Berlin)"},
    {"Europe/Prague", "Czech Republic(Prague)"},
    {"Europe/Riga", "Latvia(Riga)"},
    {"Europe/Rome", "Italy(Rome)"},
    {"Europe/San_Marino", "Italy(Rome)"},
    {"Europe/Sarajevo", "Germany(Berlin)"},
    {"Europe/Skopje", "Macedonia(Skopje)"},
    {"Europe/Sofia", "Greece(Athens)"},
    {"Europe/Stockholm", "Denmark(Kopenhagen)"},
    {"Europe/Tallinn", "Estonia(Tallinn)"},
    {"Europe/Tirane", "Albania(Tirane)"},
    {"Europe/Vaduz", "Germany(Berlin)"},
    {"Europe/Vatican", "Italy(Rome)"},
    {"Europe/Vienna", "Germany(Berlin)"},
    {"Europe/Vilnius", "Estonia(Tallinn)"},
    {"Europe/Warsaw", "Germany(Berlin)"},
    {"Europe/Zagreb", "Croatia(Zagreb)"},
    {"Europe/Zurich", "Germany(Berlin)"},
    {"Pacific/Auckland", "New Zealand(Wellington,Auckland)"},
};

/* Of BCP 47: the whole tag is looked for first, then its first part. */
static const struct {
    const char *tag, *name;
} languages[] = {
    {"de", "German"},       {"en", "English"},        {"es", "Spanish"},
    {"fr", "French"},       {"fr-CA", "French_CA"},   {"he", "Hebrew"},
    {"it", "Italian"},      {"pl", "Polish"},         {"pt", "Portuguese"},
    {"ru", "Russian"},      {"tr", "Turkish"},        {"zh", "Chinese_S"},
    {"zh-CN", "Chinese_S"}, {"zh-Hans", "Chinese_S"}, {"zh-Hant", "Chinese_T"},
    {"zh-TW", "Chinese_T"},
};

static const struct {
    const char *country, *name;
} tone_countries[] = {
    {"AT", "Austria"},     {"AU", "Australia"},     {"BE", "Belgium"}, {"BR", "Brazil"},
    {"CH", "Switzerland"}, {"CL", "Chile"},         {"CN", "China"},   {"CZ", "Czech"},
    {"DE", "Germany"},     {"DK", "Denmark"},       {"ES", "Spain"},   {"FI", "Finland"},
    {"FR", "France"},      {"GB", "Great Britain"}, {"GR", "Greece"},  {"HU", "Hungary"},
    {"IN", "India"},       {"IT", "Italy"},         {"JP", "Japan"},   {"LT", "Lithuania"},
    {"MX", "Mexico"},      {"NL", "Netherlands"},   {"NO", "Norway"},  {"NZ", "New Zealand"},
    {"PT", "Portugal"},    {"RU", "Russia"},        {"SE", "Sweden"},  {"US", "United States"},
};

/* Its own row, else that of a zone whose clocks show the same all year round. */
const char *yealink_zone_name(const struct bk_zone *zone)
{
    const char *same = NULL;
    for (size_t i = 0; i < BK_COUNT(zone_names); i++) {
        const struct bk_zone *other = bk_zone_find(bk_str_of(zone_names[i].zone));
        if (other == zone)
            return zone_names[i].place;
        if (same == NULL && other != NULL && bk_zone_is_same(other, zone))
            same = zone_names[i].place;
    }
    return same;
}

static const char *language_find(struct bk_str tag)
{
    for (size_t i = 0; i < BK_COUNT(languages); i++) {
        if (bk_str_eq_nocase(tag, bk_str_of(languages[i].tag)))
            return languages[i].name;
    }
    return NULL;
}

const char *yealink_language(struct bk_str tag)
{
    const char *name = language_find(tag);
    return name != NULL ? name : language_find(bk_str_cut(&tag, '-'));
}

const char *yealink_tone_country(struct bk_str country)
{
    for (size_t i = 0; i < BK_COUNT(tone_countries); i++) {
        if (bk_str_eq(country, bk_str_of(tone_countries[i].country)))
            return tone_countries[i].name;
    }
    return NULL;
}

void yealink_offset_print(int offset_min, char (*ret_text)[YEALINK_OFFSET_SIZE])
{
    char sign = offset_min < 0 ? '-' : '+';
    int minutes = offset_min < 0 ? -offset_min : offset_min;
    if (minutes == 0)
        snprintf(*ret_text, sizeof *ret_text, "0");
    else if (minutes % 60 == 0)
        snprintf(*ret_text, sizeof *ret_text, "%c%d", sign, minutes / 60);
    else
        snprintf(*ret_text, sizeof *ret_text, "%c%d:%02d", sign, minutes / 60, minutes % 60);
}
